use jobmon::prelude::*;

enum Sex {
    Female,
    Male,
}

#[task_template(command = "fit --sex {sex} [--other {other}] {all}... [{some}? --some]", stdout = "{file}.txt")]
struct Fit {
    #[node_arg]
    sex: Sex,
    #[op_arg]
    other: Option<Sex>,
    #[node_arg]
    all: Vec<Sex>,
    #[task_arg]
    some: Option<Sex>,
    #[op_arg]
    file: Sex,
}

#[task_template(command = "fit {sex} | sort", shell = true)]
struct Sort {
    #[node_arg]
    sex: Sex,
}

fn main() {
    let _ = (Sex::Female, Sex::Male);
}
