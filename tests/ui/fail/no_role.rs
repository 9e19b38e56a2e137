use jobmon::prelude::*;

#[task_template(command = "fit --year {year} --out {out}")]
struct Fit {
    #[node_arg]
    year: u16,
    out: String,
}

fn main() {
    // The template is as good as right where it is used: one mistake is one message.
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { year: 1990, out: "a".into() });
}
