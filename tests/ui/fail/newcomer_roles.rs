use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

#[task_template(command = "fit {place} {year} {sex} {month} {date}")]
struct Fit {
    #[arg]
    place: u32,
    #[node_arg = "year"]
    year: u16,
    #[node]
    sex: String,
    #[NodeArg]
    month: u8,
    #[node_arg]
    date: (u16, u8),
    #[upstream]
    prep: Prep,
}

fn main() {}
