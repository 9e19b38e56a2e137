//! Arguments of every kind, as a process gets them and as the database keeps them.

use crate::support::State;
use jobmon::model::{ArgValue, IdentArg, ListArg, PlainArg, ValueWriter};
use jobmon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[task_template(
    command = "printf '%s\n' {rate} {length} {day} {at} {since} {pair}... [{set}? -s {set}...] -x{limits}...",
    stdout = "{out}"
)]
struct Print {
    #[node_arg]
    rate: Fixed<3>,
    #[task_arg]
    length: Duration,
    #[node_arg]
    day: jiff::civil::Date,
    #[task_arg]
    at: jiff::Timestamp,
    #[task_arg]
    since: chrono::NaiveDateTime,
    #[task_arg]
    pair: (u8, &'static str),
    #[task_arg]
    set: BTreeMap<&'static str, Fixed<1>>,
    #[op_arg]
    limits: [f64; 2],
    #[op_arg]
    out: PathBuf,
}

fn print(out: PathBuf) -> Print {
    Print {
        rate: Fixed::round(0.1 + 0.2),
        length: Duration::from_millis(1_500),
        day: jiff::civil::date(2024, 3, 10),
        at: jiff::Timestamp::UNIX_EPOCH,
        since: chrono::NaiveDate::from_ymd_opt(2024, 3, 10).unwrap().and_hms_opt(9, 30, 0).unwrap(),
        pair: (7, "a b"),
        set: BTreeMap::from([("y", Fixed::round(2)), ("x", Fixed::round(0.26))]),
        limits: [0.5, 1e21],
        out,
    }
}

#[test]
fn every_kind_of_argument_arrives_as_its_text() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("arguments");
    let task = wf.add(print(state.join("full")));
    wf.add(Print { set: BTreeMap::new(), rate: Fixed::round(0.4), ..print(state.join("bare")) });
    let run = wf.run(state.options()).unwrap();
    assert!(run.usage_of(task).is_some());
    run.ok().unwrap();
    let read = |name: &str| state.lines(name).join("|");
    let common = "1.5|2024-03-10|1970-01-01T00:00:00Z|2024-03-10T09:30:00|7|a b";
    assert_eq!(read("full"), format!("0.300|{common}|-s|x=0.3|y=2.0|-x0.5|-x1000000000000000000000"));
    assert_eq!(read("bare"), format!("0.400|{common}|-x0.5|-x1000000000000000000000"));
    let nodes = state.query("SELECT node_args FROM task ORDER BY id LIMIT 1");
    assert_eq!(nodes, r#"{"rate":"0.300","day":"2024-03-10"}"#);
    let set = state.query("SELECT json_extract(task_args, '$.set') FROM task ORDER BY id LIMIT 1");
    assert_eq!(set, r#"["x=0.3","y=2.0"]"#);
}

#[test]
fn what_has_no_stable_text_is_told_before_the_run() {
    let mut wf = Tool::new("test").workflow("mistakes");
    let out = PathBuf::from("out");
    wf.add(Print { rate: Fixed::round(f64::NAN), set: BTreeMap::from([("a=b", Fixed::round(1))]), ..print(out) });
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("`NaN` is no number that can be rounded"), "{told}");
    assert!(told.contains("the key \"a=b\" of a map holds a `=`"), "{told}");
    assert!(told.contains("tests/it/arguments.rs:"), "{told}");
}

/// Breaks the contract of `ArgValue`: its methods are called so often.
#[derive(Clone, Copy)]
enum Breach {
    Nothing,
    Twice,
    Absent,
    List,
}

impl ArgValue for Breach {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        match self {
            Self::Nothing => {}
            Self::Twice => {
                out.one("first");
                out.many(["a", "b"]);
            }
            Self::Absent => out.absent(),
            Self::List => out.many(["a", "b"]),
        }
    }
}
impl IdentArg for Breach {}
impl PlainArg for Breach {}
impl ListArg for Breach {}

#[task_template(command = "echo {before} {breach} {after} [--list {optional}]")]
struct Broken {
    #[node_arg]
    before: u32,
    #[node_arg]
    breach: Breach,
    #[node_arg]
    after: u32,
    #[op_arg]
    optional: Breach,
}

#[task_template(command = "echo {id} {breach}... {all}...")]
struct BrokenLists {
    #[node_arg]
    id: u32,
    #[task_arg]
    breach: Breach,
    #[task_arg]
    all: Vec<Breach>,
}

#[test]
fn a_value_that_is_not_written_once_or_does_not_fit_its_place_is_told() {
    let mut wf = Tool::new("test").workflow("breaches");
    for (before, breach) in (0..).zip([Breach::Nothing, Breach::Twice, Breach::Absent, Breach::List]) {
        wf.add(Broken { before, breach, after: 7, optional: breach });
    }
    wf.add(BrokenLists { id: 1, breach: Breach::Absent, all: vec![Breach::Twice, Breach::Absent] });
    wf.add(BrokenLists { id: 2, breach: Breach::List, all: vec![] });
    let told = wf.check().unwrap_err().to_string();
    let after_place = |line: &str| line.split_once(": ").map(|(_, told)| told.to_owned());
    let told: Vec<String> = told.lines().skip(1).filter_map(after_place).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    `breach` of `broken before=0 after=7`: `write_value` of its type wrote nothing; it calls exactly one method, once
    `optional` of `broken before=0 after=7`: `write_value` of its type wrote nothing; it calls exactly one method, once
    `breach` of `broken before=1 breach=first after=7`: `write_value` of its type wrote 2 values; it calls exactly one method, once
    `optional` of `broken before=1 breach=first after=7`: `write_value` of its type wrote 2 values; it calls exactly one method, once
    `breach` of `broken before=2 after=7`: `write_value` of its type wrote no single text; a `PlainArg` calls `one` or `flag`
    `breach` of `broken before=3 breach=(a b) after=7`: `write_value` of its type wrote no single text; a `PlainArg` calls `one` or `flag`
    `optional` of `broken before=3 breach=(a b) after=7`: `write_value` of its type wrote a list; an `OptionalArg` calls `one`, `flag` or `absent`
    `breach` of `broken_lists id=1`: `write_value` of its type wrote no list; a `ListArg` calls `many`
    `all` of `broken_lists id=1`: `write_value` of its type wrote 2 values; it calls exactly one method, once
    `all` of `broken_lists id=1`: `write_value` of its type wrote no single text; a `PlainArg` calls `one` or `flag`
    "#);
}
