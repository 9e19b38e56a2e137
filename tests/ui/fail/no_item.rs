use jobmon::prelude::*;

macro_rules! nothing {
    () => {};
}

#[task_template(command = "fit")]
nothing! {}

#[task_template(command = "fit")]
extern crate std as other;

#[derive(TaskTemplate)]
#[task_template = "fit"]
struct Fit;

fn main() {}
