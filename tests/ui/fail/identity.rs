use jobmon::prelude::*;
use std::collections::HashMap;

#[task_template(command = "fit {rate} {table} {weights} {ok}")]
struct Fit {
    #[node_arg]
    rate: f64,
    #[task_arg]
    table: HashMap<String, u32>,
    #[task_arg]
    weights: Vec<f32>,
    #[op_arg]
    ok: f64,
}

fn main() {}
