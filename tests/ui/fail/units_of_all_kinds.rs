use jobmon::prelude::*;

#[task_template(command = "a", memory = "1M2G", runtime = "90:00")]
struct A;

#[task_template(command = "b", memory = "-1G", runtime = "0h")]
struct B;

#[task_template(command = "c", memory = "99999999999999T", runtime = "soon")]
struct C;

#[task_template(command = "d", memory = "lots", runtime = "1:75:00")]
struct D;

fn main() {}
