use jobmon::prelude::*;

const MEMORY: &str = "8G";

#[task_template(
    command = "fit --year {year}",
    command = "fit",
    memory = MEMORY,
    runtime,
    cores = "2",
    max_attempts(3),
    version = ,
    stdout "fit.txt",
    "name",
    scale = 1.5,
)]
struct Fit {
    #[node_arg]
    year: u16,
}

fn main() {}
