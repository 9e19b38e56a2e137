use jobmon::prelude::*;
use jobmon::units::{Memory, WallTime};

#[task_template(command = "a", scale(memory = more_time, runtime = more_memory))]
struct A;

#[task_template(command = "b", scale(memory = no_such_function))]
struct B;

fn main() {}

fn more_memory(had: Memory) -> Memory {
    had
}

fn more_time(had: WallTime) -> WallTime {
    had
}
