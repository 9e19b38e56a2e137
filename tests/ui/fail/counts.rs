use jobmon::prelude::*;

#[task_template(command = "a", cores = 0, max_attempts = 0, version = 0)]
struct A;

#[task_template(command = "b", cores = 1.5, max_attempts = -1, version = 5_000_000_000)]
struct B;

fn main() {}
