//! Templates written by a `macro_rules!`, whose fragments come as invisible groups.
#![deny(warnings)]

use jobmon::prelude::*;

macro_rules! template {
    ($name:ident, $command:literal, $memory:expr, $cores:tt, $scale:literal, $field:ident: $ty:ty, $up:ty) => {
        #[task_template(command = $command, memory = $memory, cores = $cores, scale(memory = $scale), crate = ::jobmon)]
        struct $name {
            #[node_arg]
            $field: $ty,
            #[upstream]
            up: $up,
        }
    };
}

template!(Fit, "fit --year {year}", "8G", 2, 1.5, year: u16, Option<TaskRef<Fit>>);
template!(Prep, "prep [--year {year}]", "1G", 1, 2, year: Option<u16>, Vec<TaskRef<Fit>>);

macro_rules! all {
    ($name:ident, $years:expr) => {
        grid!($name { year in $years, up: None })
    };
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let fits = wf.add_all(all!(Fit, 1990..2000));
    wf.add(Prep { year: None, up: fits.refs() });
    assert_eq!(<Fit as TaskTemplate>::SPEC.memory, Some(8 << 30));
    assert!(matches!(<Fit as TaskTemplate>::SPEC.scale_memory, Some(jobmon::model::ScaleSpec::By(1.5))));
    wf.check().expect("the workflow is right");
}
