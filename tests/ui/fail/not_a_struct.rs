use jobmon::prelude::*;

#[task_template(command = "fit {year}")]
fn fit(#[node_arg] year: u16) -> u16 {
    year
}

#[task_template(command = "fit")]
enum Sex {
    Female,
    Male,
}

#[task_template(command = "fit")]
mod inner {}

#[derive(TaskTemplate)]
#[task_template(command = "fit")]
enum Derived {
    A,
}

fn main() {
    let _ = (fit(1990), Sex::Female, Sex::Male, Derived::A);
}
