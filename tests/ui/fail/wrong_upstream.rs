use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

#[task_template(command = "other")]
struct Other;

#[task_template(command = "fit --year {year}")]
struct Fit {
    #[node_arg]
    year: u16,
    #[upstream]
    prep: TaskRef<Prep>,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let other = wf.add(Other);
    wf.add(Fit { year: 1990, prep: other });
    wf.add(Fit { year: 1991, prep: Prep });
}
