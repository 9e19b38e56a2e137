use jobmon::prelude::*;

#[task_template(command = "fit --year {year} {month}")]
struct Fit {
    #[node_args]
    year: u16,
    #[jobmon::task_arg]
    month: u8,
}

fn main() {}
