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

#[task_template(command = "fit {_} {größe}")]
struct Marked;

#[task_template(command = "fit 東京 {x}? and so on, for many more words than anybody wants to see in a message of the compiler, far beyond this")]
struct Wide {
    #[node_arg]
    x: u32,
}

fn main() {}
