use jobmon::prelude::*;

#[task_template(command = concat!("fit", " --all"))]
struct Macro;

#[task_template(command = b"fit")]
struct Bytes;

#[task_template(command = "fit", memory = 8G, cores = "4 cores", max_attempts = three)]
struct Bare;

#[task_template(command = "fit", memory = "8 gigabytes", runtime = "1:30")]
struct Words;

fn main() {}
