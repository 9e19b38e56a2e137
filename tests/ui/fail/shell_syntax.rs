use jobmon::prelude::*;

#[task_template(command = "cat {file} | sort > {file}.txt")]
struct Sort {
    #[node_arg]
    file: String,
}

#[task_template(command = "python3 $HOME/fit.py *.csv && rm {file}")]
struct Fit {
    #[node_arg]
    file: String,
}

fn main() {}
