use jobmon::prelude::*;

#[task_template(command = "fit --year {year}", stdout = "{root}/fit.txt")]
struct Fit {
    #[node_arg]
    year: u16,
    #[task_arg]
    root: String,
    #[op_arg]
    threads: u32,
}

fn main() {}
