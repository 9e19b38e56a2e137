#![deny(unused_must_use)]

use jobmon::prelude::*;

#[task_template(command = "prep")]
struct Prep;

fn prep() -> Prep {
    Prep
}

fn main() {
    prep();
    prep().memory("8G");
}
