//! The example `health`: its programs alone, and the whole of it, against figures that are computed here by other ways.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]
#![expect(clippy::disallowed_methods, reason = "tests start programs")]
#![expect(clippy::cast_precision_loss, reason = "figures are compared to 8 digits")]

#[path = "../built.rs"]
mod built;
mod example;
mod expected;
#[path = "../../health/pipeline.rs"]
mod pipeline;
mod scripts;
mod simulated;
#[path = "../../health/survey.rs"]
mod survey;

use std::collections::BTreeMap;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/health");
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/health/data/gapminder.csv");
const HORIZON: i128 = 2030;

/// The records of a table whose first line has the names of its columns, all cut by tabs.
fn records(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let names: Vec<String> = lines.next().expect("a table has a line of names").collect();
    lines.map(|line| names.iter().cloned().zip(line).collect()).collect()
}

/// Whether a figure that was written with so many decimals is the one expected.
#[track_caller]
fn close(written: &str, expected: f64, decimals: i32) {
    let value: f64 = written.parse().unwrap();
    // Half of the last digit is rounding; a tenth of it is for the arithmetic behind.
    assert!((value - expected).abs() <= 0.6 * 10f64.powi(-decimals), "{written} is written, {expected} was expected");
}
