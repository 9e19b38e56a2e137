use jobmon::prelude::*;

#[task_template(command = "fit {loud}? [--loud {loud}?] [{loud}?--loud]")]
struct Guards {
    #[op_arg]
    loud: bool,
}

#[task_template(command = "fit {files}...{files}... {files}....csv")]
struct Lists {
    #[node_arg]
    files: Vec<String>,
}

fn main() {}
