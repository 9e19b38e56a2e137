use jobmon::prelude::*;

#[task_template(command = "fit [--a {a} [--b {a}]]")]
struct Nested {
    #[node_arg]
    a: Option<u8>,
}

#[task_template(command = "fit [] [--flag] [--a {a}].txt")]
struct Empty {
    #[node_arg]
    a: Option<u8>,
}

#[task_template(command = "fit {a} ]")]
struct Unopened {
    #[node_arg]
    a: u8,
}

fn main() {}
