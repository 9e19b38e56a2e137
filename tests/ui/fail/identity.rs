use jobmon::prelude::*;
use std::collections::HashMap;

/// Whose derive has nothing to do with the mistakes.
#[derive(ArgValue)]
enum Sex {
    Female,
}

#[task_template(command = "fit {rate} {table} {weights} {ok} {sex}")]
struct Fit {
    #[node_arg]
    rate: f64,
    #[task_arg]
    table: HashMap<String, u32>,
    #[task_arg]
    weights: Vec<f32>,
    #[op_arg]
    ok: f64,
    #[node_arg]
    sex: Sex,
}

fn main() {
    let _ = Sex::Female;
}
