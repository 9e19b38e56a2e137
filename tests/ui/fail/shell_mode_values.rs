use jobmon::prelude::*;

#[task_template(command = "echo ${{name:-{a}}}", shell = true)]
struct Expansion {
    #[node_arg]
    a: String,
}

#[task_template(command = "echo \"${{name:-it's}}\" {a}", shell = true)]
struct Quote {
    #[node_arg]
    a: String,
}

#[task_template(command = r"echo `echo \$HOME {a}`", shell = true)]
struct Backquotes {
    #[node_arg]
    a: String,
}

#[task_template(command = "if [[ {a} -eq 3 ]]; then fit; fi", shell = true)]
struct Arithmetic {
    #[node_arg]
    a: String,
}

#[task_template(command = "echo $(sort {a}", shell = true)]
struct Unclosed {
    #[node_arg]
    a: String,
}

#[task_template(command = "v={a}; echo $((v + 1)); for w in {a}; do let u=w; done", shell = true)]
struct ThroughVariables {
    #[node_arg]
    a: String,
}

fn main() {}
