use jobmon::prelude::*;

#[task_template(command = "fit {year}")]
struct Fit(u16);

#[task_template(command = "fit {0}")]
struct Position(#[node_arg] u16);

fn main() {}
