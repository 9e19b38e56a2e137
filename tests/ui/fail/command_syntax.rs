use jobmon::prelude::*;

#[task_template(command = "fit 'unclosed {year}")]
struct Quote {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {year...} {year:>4} {} { year }")]
struct Braces {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit [--year {year}")]
struct Group {
    #[node_arg]
    year: u16,
}

#[task_template(command = "")]
struct Empty {
    #[node_arg]
    year: u16,
}

fn main() {}
