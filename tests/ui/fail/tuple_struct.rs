use jobmon::prelude::*;

#[task_template(command = "fit {year}")]
struct Fit(u16);

fn main() {}
