use jobmon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

enum Sex {
    Female,
}

struct Own;

#[task_template(command = "fit {map}... {set}... {rates}... {own}... {many}... [{given}? --given] [{one}? --one]")]
struct Fit {
    #[task_arg]
    map: HashMap<String, u32>,
    #[op_arg]
    set: HashSet<u32>,
    #[op_arg]
    rates: BTreeMap<Sex, f64>,
    #[node_arg]
    own: Own,
    #[node_arg]
    many: Vec<Own>,
    #[op_arg]
    given: HashMap<String, u32>,
    #[node_arg]
    one: Own,
}

fn main() {
    let _ = (Sex::Female, Own);
}
