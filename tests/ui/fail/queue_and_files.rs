use jobmon::prelude::*;

#[task_template(command = "a", queue = 1, stderr = 2)]
struct A;

#[task_template(command = "b", queue = "-p long")]
struct B;

#[task_template(command = "c", queue = "-p")]
struct C;

#[task_template(command = "d", queue = "long\u{7f}")]
struct D;

#[task_template(command = "e", shell = "yes")]
struct E;

fn main() {}
