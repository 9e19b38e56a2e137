use jobmon::prelude::*;

/// Whose derive has nothing to do with the mistakes.
#[derive(ArgValue)]
enum Sex {
    Female,
}

type Maybe = Option<u32>;

#[task_template(command = "fit {opt} {list} {one}... {alias} [{always}? --on] [--many {many}] {holes}... {sex}")]
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
    #[node_arg]
    holes: Vec<Option<u32>>,
    #[node_arg]
    sex: Sex,
}

fn main() {
    let _ = Sex::Female;
}
