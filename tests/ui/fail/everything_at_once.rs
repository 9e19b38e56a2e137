use jobmon::prelude::*;

#[task_template(command = "python p.py --in {imput} | tee log", memory = "8Q", max_attempts = 0)]
struct Fit {
    #[node_arg]
    input: f32,
    output: u32,
    #[op_arg]
    #[task_arg]
    threads: u32,
    #[upstream]
    prep: TaskRef<Nope>,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { input: 1.0, output: 2 });
}
