//! The crate under another path, as a crate that re-exports it would have it.
#![deny(warnings)]

mod deep {
    pub(crate) use ::jobmon as workflows;
}

use deep::workflows::{ArgValue, Tool, task_template};

#[derive(ArgValue)]
#[arg_value(crate = crate::deep::workflows)]
enum Kind {
    Fast,
}

#[task_template(command = "fit {kind}", crate = crate::deep::workflows)]
struct Fit {
    #[node_arg]
    kind: Kind,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { kind: Kind::Fast });
}
