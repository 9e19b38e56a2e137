use jobmon::prelude::*;

#[task_template(command = "a", stdout = "~/out.txt", stderr = "$HOME/err.txt")]
struct A;

#[task_template(command = "b {user}", stdout = "~{user}/out.txt", stderr = "/tmp/{user}/")]
struct B {
    #[node_arg]
    user: String,
}

#[task_template(command = "c {dir}", stdout = "/dev/null", stderr = "{dir}/${{USER}}.txt")]
struct C {
    #[node_arg]
    dir: String,
}

fn main() {}
