use jobmon::prelude::*;

#[task_template(memory = "8G")]
struct Fit {
    #[node_arg]
    year: u16,
}

fn main() {}
