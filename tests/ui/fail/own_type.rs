use jobmon::model::{IdentArg, PlainArg};
use jobmon::prelude::*;

struct Area(u32);

impl IdentArg for Area {}
impl PlainArg for Area {}

#[task_template(command = "fit {area}")]
struct Fit {
    #[node_arg]
    area: Area,
}

fn main() {
    let _ = Area(1).0;
}
