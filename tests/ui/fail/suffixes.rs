use jobmon::prelude::*;

#[task_template(command = "a {x}"foo, memory = "8G"u8, cores = 4u128, max_attempts = 3zzz, scale(memory = 1.5f32))]
struct A {
    #[node_arg]
    x: u32,
}

#[task_template(command = ["a"b, "c"])]
struct B;

#[derive(ArgValue)]
enum C {
    #[arg_value(name = "a"b)]
    A,
}

fn main() {}
