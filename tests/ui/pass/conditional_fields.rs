//! `#[cfg]` on fields and variants.
#![deny(warnings)]

use jobmon::prelude::*;

#[derive(Debug, ArgValue)]
enum Kind {
    Fast,
    #[cfg(any())]
    Data(u32),
}

#[task_template(command = "fit --kind {kind}")]
#[cfg_attr(all(), derive(Debug))]
struct Fit {
    #[cfg_attr(all(), node_arg)]
    kind: Kind,
    #[cfg(any())]
    #[task_arg]
    never: u32,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    wf.add(Fit { kind: Kind::Fast });
    assert_eq!(<Fit as TaskTemplate>::SPEC.args.len(), 1);
}
