use jobmon::prelude::*;

#[task_template(command = "fit {year}")]
struct Fit {
    #[node_arg]
    year: Yaer,
    #[upstream]
    prep: TaskRef<Nope>,
}

fn main() {}
