use jobmon::prelude::*;

#[task_template(command = ["fit", "[--draws", "{draws}]", "[{draws}? -v]", "{draws}....txt"])]
struct Groups {
    #[node_arg]
    draws: u32,
}

#[task_template(command = ["python3 fit.py", "{x}"])]
struct Spaces {
    #[node_arg]
    x: u32,
}

#[task_template(command = ["fit", 3, PATH])]
struct NotTexts {
    #[node_arg]
    x: u32,
}

#[task_template(command = [])]
struct Empty {
    #[node_arg]
    x: u32,
}

#[task_template(command = ["{x}...", "{x:>3}"])]
struct Program {
    #[node_arg]
    x: Vec<u32>,
}

fn main() {}
