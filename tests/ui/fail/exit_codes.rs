use jobmon::prelude::*;

#[task_template(command = "a", exit = no_retry, exit(42), exit() = no_retry)]
struct A;

#[task_template(command = "b", exit(0) = no_retry, exit(256) = no_retry, exit(-1) = no_retry, exit("42") = no_retry)]
struct B;

#[task_template(command = "c", exit(42) = no_rety, exit(43) = done, exit(44) = , exit(45) = "no_retry")]
struct C;

#[task_template(command = "d", exit(42) = no_retry, exit(40..=50) = retry, exit(60..70) = retry, exit(9..=3) = retry, exit(3..=) = retry)]
struct D;

#[task_template(command = "e", memory(8) = "8G", exit(42) no_retry)]
struct E;

fn main() {}
