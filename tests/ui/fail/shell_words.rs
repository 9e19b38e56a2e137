use jobmon::prelude::*;

#[task_template(command = "fit a; b & (c) `d` $(e) f[0-9] ~/g # h")]
struct Everywhere;

#[task_template(command = "! grep x")]
struct Negation;

#[task_template(command = "THREADS=4 fit")]
struct Assignment;

#[task_template(command = "cd out")]
struct Builtin;

#[task_template(command = "fit < in.csv")]
struct Input;

#[task_template(command = "fit 2> log || true")]
struct Output;

#[task_template(command = "for i in $(seq {n}); do fit $i [a-z]* > {n}.txt; done")]
struct Loop {
    #[node_arg]
    n: u8,
}

fn main() {}
