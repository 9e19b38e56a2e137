use jobmon::prelude::*;

#[task_template(command = "fit --year {year} --place {place} --out {out}")]
struct Fit {
    #[node_arg]
    #[task_arg]
    year: u16,
    #[node_arg]
    #[node_arg]
    place: u16,
    #[op_arg(x)]
    out: String,
}

fn main() {}
