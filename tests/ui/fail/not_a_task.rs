use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

struct Other;

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let prep = wf.add(Prep);
    wf.add(prep);
    wf.add("python x.py");
    wf.add(Prep.name("again").upstream(Other));
}
