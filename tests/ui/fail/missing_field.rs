use jobmon::prelude::*;

#[task_template(command = "fit --year {year} --out {out}")]
struct Fit {
    #[node_arg]
    year: u16,
    #[task_arg]
    out: String,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { year: 1990 });
}
