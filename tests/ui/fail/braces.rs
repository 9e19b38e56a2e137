use jobmon::prelude::*;

#[task_template(command = "awk '{print $1}' {year}")]
struct Awk {
    #[node_arg]
    year: u16,
}

#[task_template(command = r"fit {0} {year!r} {year.month} {r#year} {a,b} \{year\} {year?}")]
struct Python {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {year}}")]
struct Unopened {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {year")]
struct Unclosed {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {node.year} {yaer:>4} {node}")]
struct Nobody {
    #[node_arg]
    year: u16,
    #[node_arg]
    month: u8,
}

fn main() {}
