use jobmon::prelude::*;

#[task_template(command = "a", env(_ = "1", self = "2", crate = "3", type = "4", r#type = "5"))]
struct A;

fn main() {}
