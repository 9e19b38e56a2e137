use jobmon::prelude::*;

#[task_template(command = "fit --out {out-file}")]
struct Dashed {
    #[node_arg]
    out_file: String,
}

#[task_template(command = "fit --out {self.out}")]
struct Own {
    #[node_arg]
    out: String,
}

#[task_template(command = "fit --out {{out}}")]
struct Doubled {
    #[node_arg]
    out: String,
}

#[task_template(command = "fit --out ${out} --year <year>")]
struct Other {
    #[node_arg]
    out: String,
    #[node_arg]
    year: u16,
}

fn main() {}
