use jobmon::prelude::*;

#[task_template(command = "fit {x}", queue = "long q", max_concurrently_running = "10")]
struct Space {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", queue = "", max_concurrently_running = -1)]
struct Empty {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", queue = "{x}.q", max_concurrently_running = 5_000_000_000)]
struct Value {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", stderr = " ", max_concurrent = 3)]
struct Paths {
    #[node_arg]
    x: u32,
}

fn main() {}
