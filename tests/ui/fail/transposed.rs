use jobmon::prelude::*;

#[task_template(command = "fit {yaer}")]
struct Swapped {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {X}")]
struct Case {
    #[node_arg]
    x: u16,
}

#[task_template(command = "fit {place} {year}")]
struct OneLeft {
    #[node_arg]
    location: u32,
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {place} {year} {nobody}")]
struct NoneLeft {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
}

fn main() {}
