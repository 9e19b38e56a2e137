use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

#[task_template(command = "fit --year {year} --after {prep}")]
struct Fit {
    #[node_arg]
    year: u16,
    #[upstream]
    prep: TaskRef<Prep>,
}

fn main() {}
