use jobmon::prelude::*;

#[task_template(command = "fit {value} {list}...")]
struct Fit<'a, T, const N: usize> {
    #[node_arg]
    value: T,
    #[task_arg]
    list: [&'a str; N],
}

fn main() {}
