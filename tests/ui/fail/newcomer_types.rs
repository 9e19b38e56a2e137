use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

struct Area {
    _lat: i16,
}

#[task_template(command = "fit {area} [{sex}] [{limit}? --all]")]
struct Fit {
    #[node_arg]
    area: Area,
    #[node_arg]
    sex: Option<Option<u8>>,
    #[op_arg]
    limit: u32,
    #[upstream]
    prep: Prep,
}

fn main() {}
