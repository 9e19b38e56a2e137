use jobmon::prelude::*;

#[task_template(command = "fit", env(JOBMON_CORES = "{x}"))]
struct Reserved {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", env())]
struct Nothing {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", env(A = "1", A = "2", B = 3, C, D = "{x"))]
struct Values {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit {x}", env = "A=1")]
struct Form {
    #[node_arg]
    x: u32,
}

#[task_template(command = "fit", env(LISTS = "{x}", MAYBE = "{y}"))]
struct NotOneValue {
    #[node_arg]
    x: Vec<u32>,
    #[node_arg]
    y: Option<u32>,
}

#[task_template(command = "fit {z}", env(X = "{y}"))]
struct Unknown {
    #[node_arg]
    z: u32,
}

fn main() {}
