use jobmon::prelude::*;

#[task_template(command = "a", memory = "8", runtime = "1 hour")]
struct A;

#[task_template(command = "b", memory = "8Q", runtime = "90")]
struct B;

#[task_template(command = "c", memory = 8, runtime = 3600)]
struct C;

#[task_template(command = "d", memory = "0", runtime = "")]
struct D;

fn main() {}
