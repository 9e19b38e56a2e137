use jobmon::prelude::*;

#[task_template(shell = true, command = "sort {fil} | head > \"{out}\"")]
struct Sort {
    #[node_arg]
    file: String,
    #[node_arg]
    out: String,
}

fn main() {}
