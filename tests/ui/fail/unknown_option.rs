use jobmon::prelude::*;

#[task_template(command = "fit --year {year}", memroy = "8G", colour = "red")]
struct Fit {
    #[node_arg]
    year: u16,
}

#[task_template(Command = "fit --year {year}")]
struct Capital {
    #[node_arg]
    year: u16,
}

fn main() {}
