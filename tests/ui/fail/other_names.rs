use jobmon::prelude::*;

#[task_template(cmd = "fit", mem = "8G", timeout = "1h", cpus = 2, retries = 3, max_concurrent = 3, partition = "a")]
struct Fit;

#[task_template(command = "fit", working_dir = "/tmp", priority = 3, depends = "prep")]
struct Elsewhere;

fn main() {}
