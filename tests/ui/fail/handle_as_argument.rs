use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

#[task_template(command = "fit {prep} {others}... [{last}? --last]")]
struct Fit {
    #[node_arg]
    prep: TaskRef<Prep>,
    #[task_arg]
    others: Vec<TaskRef<Prep>>,
    #[op_arg]
    last: Option<jobmon::TaskRef<Prep>>,
}

#[task_template(command = "report")]
struct Report {
    #[node_arg]
    preps: TaskSet<Prep>,
}

fn main() {}
