use jobmon::prelude::*;

#[task_template(command = 3)]
struct A;

#[task_template(command = "b", name = b, crate = "jobmon")]
struct B;

#[task_template(command = "c" memory = "8G")]
struct C;

#[derive(TaskTemplate)]
#[task_template = "d"]
struct D;

fn main() {}
