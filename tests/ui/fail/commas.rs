use jobmon::prelude::*;

#[task_template(command = "a" memory = "8G")]
struct A;

#[task_template(command = "b"; memory = "8G")]
struct B;

#[task_template(command = "c", scale(memory = 1.5) memory = "8G")]
struct C;

#[task_template("d")]
struct D;

#[task_template(command: "e")]
struct E;

#[task_template]
struct F;

#[task_template(= "g")]
struct G;

fn main() {}
