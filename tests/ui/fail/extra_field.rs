use jobmon::prelude::*;

#[task_template(command = "fit --year {year}")]
struct Fit {
    #[node_arg]
    year: u16,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { year: 1990, verbose: true });
}
