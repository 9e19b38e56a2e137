use jobmon::prelude::*;

type Maybe = Option<u32>;

#[task_template(command = "fit {opt} {list} {one}... {alias} [{always}? --on] [--many {many}]")]
struct Fit {
    #[node_arg]
    opt: Option<u32>,
    #[node_arg]
    list: Vec<u32>,
    #[op_arg]
    one: u32,
    #[op_arg]
    alias: Maybe,
    #[op_arg]
    always: std::path::PathBuf,
    #[op_arg]
    many: Vec<u32>,
}

fn main() {}
