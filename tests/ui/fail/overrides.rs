use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Prep.memmory("8G"));
    wf.add(Prep).memory("1G");
    wf.add(wf.add(Prep).memory("1G"));
    wf.add(Prep.max_attempts("3"));
    wf.add(Prep.runtime(90));
}
