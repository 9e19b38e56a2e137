//! A small pipeline, and tests for the accidents that are most likely to befall it.
//!
//! ```text
//! cargo run --release --example tested_pipeline
//! cargo test -p jobmon-examples --test tested_pipeline
//! ```
//!
//! The pipeline is in `pipeline.rs`; its tests are in `examples/tests/tested_pipeline`, and `docs/testing.md` walks through them.
#![expect(clippy::print_stdout, reason = "a program speaks to who started it")]

mod pipeline;

use jobmon::prelude::*;
use std::path::Path;

fn main() -> jobmon::Result<()> {
    let out = Path::new("pipeline-out");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tested_pipeline/scripts");
    let pipeline = pipeline::pipeline(6, out, &scripts);
    let run = pipeline.workflow.run(RunOptions::default().resume(true).state(out.join(".jobmon")))?;
    println!("{run}: {} draws; the table: {:?}", pipeline.draws.len(), run.usage_of(pipeline.table));
    run.ok()
}
