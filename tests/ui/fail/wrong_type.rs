use jobmon::prelude::*;
use std::path::PathBuf;

#[task_template(command = "fit --threads {threads} --out {out}")]
struct Fit {
    #[node_arg]
    threads: u32,
    #[task_arg]
    out: PathBuf,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { threads: "4", out: "b" });
}
