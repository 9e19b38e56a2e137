use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

#[task_template(command = "fit")]
struct Fit {
    #[upstream]
    prep: TaskRef<Prep>,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    // A task that another one waits for is added before it, in a line of its own.
    wf.add(Fit { prep: wf.add(Prep) });
}
