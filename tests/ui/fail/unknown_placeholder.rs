use jobmon::prelude::*;

#[task_template(command = "python3 fit.py --in {imput} --out {output}")]
struct Fit {
    #[node_arg]
    input: u32,
    #[task_arg]
    output: String,
}

#[task_template(
    command = "python3 report.py --in {input}
               --title \"of {input}\" [--by {author}]",
    stdout = "{input}/report.txt",
)]
struct Report {
    #[node_arg]
    input: u32,
}

fn main() {}
