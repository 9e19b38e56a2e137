use jobmon::prelude::*;

enum Sex {
    Female,
    Male,
}

#[task_template(command = "fit --sex {sex} [--other {other}]")]
struct Fit {
    #[node_arg]
    sex: Sex,
    #[op_arg]
    other: Option<Sex>,
}

fn main() {
    let _ = (Sex::Female, Sex::Male);
}
