//! Nine mistakes, told in one compile: no mistake hides another.

use jobmon::prelude::*;

#[task_template(command = "python3 fit.py --in {imput} | tee log", memory = "8Q")]
struct Fit {
    #[node_arg]
    input: u32,
    output: u32,
    #[op_arg]
    #[task_arg]
    threads: u32,
}

#[task_template(command = "python3 report.py --year {year} --rate {rate}")]
struct Report {
    #[node_arg]
    year: u16,
    #[task_arg]
    rate: f64,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { input: 1, output: 2 });
    wf.add(Report { year: "1990", rate: 0.5 });
}
