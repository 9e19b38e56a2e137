use jobmon::prelude::*;

#[task_template(command = "fit {year}", crate = nope)]
struct Fit {
    #[node_arg]
    year: u16,
}

#[derive(ArgValue)]
#[arg_value(crate = nope)]
enum Sex {
    Female,
}

#[task_template(command = "fit {year}", crate = std::collections)]
struct Other {
    #[node_arg]
    year: u16,
}

fn main() {}
