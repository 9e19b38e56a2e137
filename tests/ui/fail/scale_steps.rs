use jobmon::prelude::*;
use jobmon::units::{Memory, WallTime};

#[task_template(command = "a", scale(memory = ["16G", "8G"], runtime = []))]
struct A;

#[task_template(command = "b", scale(memory = ["16", 8], runtime = ["soon"]))]
struct B;

#[task_template(command = "c", memory = "8G", runtime = "2h", scale(memory = ["8G", "16G"], runtime = ["1h", "4h"]))]
struct C;

#[task_template(command = "d", scale(memory = "double", runtime = more_time()))]
struct D;

fn main() {}

fn more_memory(had: Memory) -> Memory {
    had
}

fn more_time(had: WallTime) -> WallTime {
    had
}
