//! How life expectancy rose from 1955 to 2005, country by country: a workflow of `awk` programs over a real survey.
//!
//! ```text
//! cargo run --release --example health -- [--out DIR]
//! ```
//!
//! It needs a POSIX `awk`, nothing else. Everything it makes is in DIR (`health-out` by default): `report.txt`, what led
//! to it, and the state of the workflow. Started again it runs nothing and shows the report again.
//!
//! ```text
//! Extract, a task a country -> Fit, a task a country -> Aggregate, a task a cluster -> Report
//!                                                   \------------------------------->/
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to who started it")]

mod pipeline;
mod survey;

use jobmon::prelude::*;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match out_directory().and_then(|out| run(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(out: &Path) -> Result<(), Box<dyn Error>> {
    let table = out.join("report.txt");
    let wf = pipeline::workflow(out, &table)?;
    let run = wf.run(RunOptions::default().resume(true).state(out.join(".jobmon")))?;
    run.ok()?;

    let text = fs::read_to_string(&table)
        .map_err(|e| format!("cannot read {}: {e}; remove {} to start anew", table.display(), out.display()))?;
    println!("{text}");
    if run.done == 0 {
        println!("All {} tasks were done before, and none ran.", run.resumed);
    }
    println!("{run}");
    Ok(())
}

fn out_directory() -> Result<PathBuf, Box<dyn Error>> {
    let given: Vec<_> = std::env::args_os().skip(1).collect();
    let out = match given.as_slice() {
        [] => Path::new("health-out"),
        [option, directory] if option == "--out" => Path::new(directory),
        _ => return Err("usage: health [--out DIR]".into()),
    };
    // From wherever it is started again, the same directory means the same tasks.
    Ok(std::path::absolute(out)?)
}
