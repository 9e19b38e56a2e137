use jobmon::prelude::*;

#[task_template(command = "a", name = "")]
struct A;

#[task_template(command = "b", name = "1st")]
struct B;

#[task_template(command = "c", name = "a b")]
struct C;

#[task_template(command = "d")]
struct Größe;

fn main() {}
