use jobmon::prelude::*;

#[task_template(shell = true, command = "cat <<END\n{x}\nEND")]
struct HereDocument {
    #[node_arg]
    x: u32,
}

#[task_template(shell = true, command = "echo $(( {x} + 1 )) [--flag {x}] # {x}")]
struct Arithmetic {
    #[node_arg]
    x: u32,
}

#[task_template(shell = true, command = "fit -I{x}... {y}? ${z}")]
struct Marks {
    #[node_arg]
    x: Vec<u32>,
    #[node_arg]
    y: bool,
    #[node_arg]
    z: u32,
}

#[task_template(shell = true, command = "fit '{x}")]
struct Quote {
    #[node_arg]
    x: u32,
}

#[task_template(shell = "bash", command = "fit {x}")]
struct Which {
    #[node_arg]
    x: u32,
}

#[task_template(shell = true, command = ["fit", "{x}"])]
struct Words {
    #[node_arg]
    x: u32,
}

#[task_template(shell = true, command = "fit {x} | sort")]
struct Optional {
    #[node_arg]
    x: Option<u32>,
}

#[task_template(shell = true, command = "sort {x} > ${HOME}/{x.name} && echo \"${HOME}\"")]
struct Variable {
    #[node_arg]
    x: u32,
}

fn main() {}
