use jobmon::prelude::*;

#[task_template(command = "a", scale(memory = 0.5, runtime = 1))]
struct A;

#[task_template(command = "b", scale(memroy = 1.5, cores = 2.0, runtime = "2", runtime = 3.0))]
struct B;

#[task_template(command = "c", scale())]
struct C;

#[task_template(command = "d", scale(memory = 1e400))]
struct D;

fn main() {}
