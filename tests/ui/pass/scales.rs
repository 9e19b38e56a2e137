//! How requests grow: by a number, by steps, by a function, also through a `macro_rules!`.
#![deny(warnings)]

use jobmon::model::{Scale, ScaleSpec};
use jobmon::prelude::*;
use jobmon::units::{Memory, WallTime};

mod growth {
    use jobmon::units::Memory;

    pub(crate) fn doubled(had: Memory) -> Memory {
        Memory::from_bytes(had.bytes() * 2)
    }
}

fn hour_more(had: WallTime) -> WallTime {
    WallTime::from_seconds(had.seconds() + 3600)
}

#[task_template(command = "steps", memory = "8G", scale(memory = ["16G", "64G"], runtime = ["2h", "1d"]))]
struct Steps;

#[task_template(command = "functions", scale(memory = growth::doubled, runtime = hour_more))]
struct Functions;

#[task_template(command = "both", scale(memory = 2, runtime = hour_more))]
struct Both;

macro_rules! template {
    ($name:ident, $function:path, $steps:expr) => {
        #[task_template(command = "by a macro", scale(memory = $function, runtime = $steps))]
        struct $name;
    };
}

template!(ByMacro, growth::doubled, ["1h", "2h"]);

fn main() {
    let gib = |gib: u64| Memory::from_bytes(gib << 30);
    let memory = |spec: Option<ScaleSpec<Memory>>| Scale::from(spec.expect("it is said")).after(gib(8));
    assert_eq!(memory(Steps::SPEC.scale_memory), gib(16));
    assert_eq!(memory(Functions::SPEC.scale_memory), gib(16));
    assert_eq!(memory(Both::SPEC.scale_memory), gib(16));
    assert_eq!(memory(ByMacro::SPEC.scale_memory), gib(16));
    let runtime =
        |spec: Option<ScaleSpec<WallTime>>| Scale::from(spec.expect("it is said")).after(WallTime::from_seconds(3600));
    assert_eq!(runtime(Functions::SPEC.scale_runtime).to_string(), "2h");
    assert_eq!(runtime(ByMacro::SPEC.scale_runtime).to_string(), "2h");
    let mut wf = Tool::new("demo").workflow("scales");
    wf.add(Steps);
    wf.add(Functions);
    wf.add(Both);
    wf.add(ByMacro);
    assert!(wf.check().is_ok());
}
