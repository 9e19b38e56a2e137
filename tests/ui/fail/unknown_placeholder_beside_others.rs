use jobmon::prelude::*;

#[task_template(command = "python3 fit.py --in {imput} --out {output}", memory = "8")]
struct Fit {
    #[node_arg]
    input: u32,
    #[task_arg]
    output: String,
}

fn main() {}
