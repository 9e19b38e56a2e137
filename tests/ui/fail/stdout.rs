use jobmon::prelude::*;

#[task_template(command = "fit --year {year}", stdout = "{year}/{files}...")]
struct Spliced {
    #[node_arg]
    year: u16,
    #[task_arg]
    files: Vec<String>,
}

#[task_template(command = "fit --year {year}", stdout = "{out}")]
struct Optional {
    #[node_arg]
    year: u16,
    #[task_arg]
    out: Option<String>,
}

#[task_template(command = "fit --year {year}", stdout = "")]
struct Empty {
    #[node_arg]
    year: u16,
}

fn main() {}
