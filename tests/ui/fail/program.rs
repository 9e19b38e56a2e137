use jobmon::prelude::*;

#[task_template(command = "'' --year {year}")]
struct Nothing {
    #[node_arg]
    year: u16,
}

#[task_template(command = "[{program}]")]
struct Optional {
    #[node_arg]
    program: Option<String>,
}

#[task_template(command = "{programs}...")]
struct List {
    #[node_arg]
    programs: Vec<String>,
}

#[task_template(command = "a\0b")]
struct Nul;

#[task_template(command = r"fit \")]
struct Backslash;

fn main() {}
