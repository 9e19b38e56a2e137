use jobmon::prelude::*;

struct Other;

#[task_template(command = "fit")]
struct Fit {
    #[upstream]
    number: u32,
    #[upstream]
    others: Vec<Other>,
}

fn main() {}
