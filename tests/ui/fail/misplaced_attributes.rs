use jobmon::prelude::*;

#[task_template(command = "fit --year {year}")]
#[node_arg]
struct Fit {
    #[node_arg]
    #[task_template(memory = "8G")]
    year: u16,
}

fn main() {}
