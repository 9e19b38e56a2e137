use jobmon::prelude::*;

#[task_template(command = "fit --year {year}")]
struct Fit {
    #[node_args]
    year: u16,
}

fn main() {}
