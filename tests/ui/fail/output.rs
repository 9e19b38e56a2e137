use jobmon::prelude::*;

#[task_template(command = "a", output = 3, output_may_be_empty = "yes")]
struct A;

#[task_template(command = "b", output = ["a", 3, "b"u8], output = [])]
struct B;

#[task_template(command = "c", output = [])]
struct C;

#[task_template(command = "d", output = ["", "out/", "~/x", "$HOME/x", "/dev/null", "{y}", "{x", "{x}..."])]
struct D {
    #[node_arg]
    x: String,
}

#[task_template(command = "e", output = "{x}")]
struct E {
    #[node_arg]
    x: Option<u32>,
}

#[task_template(command = "f", outputs = "a", output = A)]
struct F;

fn main() {}
