use jobmon::prelude::*;

#[task_template(command = ["fit", "--in", "{imput}"])]
struct Fit {
    #[node_arg]
    input: String,
}

fn main() {}
