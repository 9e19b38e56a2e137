use jobmon::prelude::*;

#[task_template(command = "fit --year {year}")]
struct Fit;

fn main() {}
