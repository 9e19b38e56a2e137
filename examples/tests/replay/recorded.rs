//! Real recordings, replayed.

use crate::replay;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

const FILES: [&str; 2] = ["helloworld-forkjoin-10-chameleon.json", "1000genome-chameleon-6ch-100k-001.json"];

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("replay/data").join(file)
}

/// What a file says: for each task its parents and its run time.
fn recorded(file: &str) -> BTreeMap<String, (Vec<String>, f64)> {
    let json: Value = serde_json::from_slice(&fs::read(path(file)).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let texts = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    let specified = json["workflow"]["specification"]["tasks"].as_array().unwrap();
    let executed = json["workflow"]["execution"]["tasks"].as_array().unwrap();
    let run_times: BTreeMap<String, f64> =
        executed.iter().map(|task| (text(&task["id"]), task["runtimeInSeconds"].as_f64().unwrap())).collect();
    let tasks: BTreeMap<_, _> = specified
        .iter()
        .map(|task| (text(&task["id"]), (texts(&task["parents"]), run_times[task["id"].as_str().unwrap()])))
        .collect();
    assert!(specified.iter().all(|task| task["name"] == task["id"]), "{file}: the database has the names");
    // The other ends of the edges say the same.
    let edges = tasks.values().map(|(parents, _)| parents.len()).sum::<usize>();
    assert_eq!(edges, specified.iter().map(|task| texts(&task["children"]).len()).sum::<usize>());
    for task in specified {
        for child in texts(&task["children"]) {
            assert!(tasks[&child].0.contains(&text(&task["id"])));
        }
    }
    tasks
}

/// The length of the longest path that ends with a task, by walking up from it.
fn longest(task: &str, tasks: &BTreeMap<String, (Vec<String>, f64)>, known: &mut BTreeMap<String, f64>) -> f64 {
    if let Some(length) = known.get(task) {
        return *length;
    }
    let (parents, run_time) = &tasks[task];
    let above = parents.iter().map(|parent| longest(parent, tasks, known)).fold(0.0, f64::max);
    known.insert(task.to_owned(), above + run_time);
    above + run_time
}

fn database(state: &Path) -> Connection {
    Connection::open_with_flags(state.join("jobmon.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// When each task began and ended: each was done by one attempt.
fn ran(state: &Path) -> BTreeMap<String, (i64, i64)> {
    let database = database(state);
    let mut attempts = database
        .prepare(
            "SELECT task.name, task.status, task_instance.status, started_at, ended_at
             FROM task LEFT JOIN task_instance ON task_instance.task_id = task.id",
        )
        .unwrap();
    let rows = attempts.query_map([], |row| {
        let states: (String, String) = (row.get(1)?, row.get(2)?);
        let name: String = row.get(0)?;
        assert_eq!(states, ("DONE".to_owned(), "DONE".to_owned()), "{name}");
        Ok((name, (row.get(3)?, row.get(4)?)))
    });
    let rows: Vec<(String, (i64, i64))> = rows.unwrap().map(Result::unwrap).collect();
    let ran: BTreeMap<_, _> = rows.iter().cloned().collect();
    assert_eq!(ran.len(), rows.len(), "a task ran twice");
    ran
}

fn said(output: &std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The seconds in a line of the report: as recorded, as replayed, and the ratio where there is one.
fn figures(report: &str, line: &str) -> Vec<f64> {
    let line = report.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn every_task_runs_once_after_all_its_parents() {
    for file in FILES {
        let directory = TempDir::new().unwrap();
        let tasks = recorded(file);
        let arguments = ["--speedup", "20000", "--slots", "3", "--state", "kept"];
        let report = said(&replay(directory.path()).arg(path(file)).args(arguments).output().unwrap());

        let ran = ran(&directory.path().join("kept"));
        assert!(ran.keys().eq(tasks.keys()), "{file}");
        for (child, (parents, run_time)) in &tasks {
            let (started, ended) = ran[child];
            for parent in parents {
                assert!(ran[parent].1 <= started, "{file}: `{child}` started before `{parent}` had ended");
            }
            let slept = std::time::Duration::from_micros(u64::try_from(ended - started).unwrap());
            assert!(slept.as_secs_f64() >= run_time / 20000.0 - 1e-6, "{file}: `{child}` took {slept:?}");
        }
        reported(&report, &tasks);

        let again = said(&replay(directory.path()).arg(path(file)).args(arguments).output().unwrap());
        let told = format!(
            "All {} tasks were done before, and none ran. Remove kept, or give another --state, to run them again.\n",
            tasks.len()
        );
        assert!(again.ends_with(&told), "{again}");
    }
}

/// The report's figures are those of the file.
fn reported(report: &str, tasks: &BTreeMap<String, (Vec<String>, f64)>) {
    let mut known = BTreeMap::new();
    let path = tasks.keys().map(|task| longest(task, tasks, &mut known)).fold(0.0, f64::max);
    let work = tasks.values().map(|(_, run_time)| run_time).sum::<f64>() / 3.0;
    let makespan = figures(report, "makespan")[1];
    for (line, expected) in [("critical path", path), ("work / 3", work)] {
        let [recorded, now, ratio] = figures(report, line)[..] else { panic!("{report}") };
        assert!((recorded - expected).abs() < 0.001, "{line} is {expected}: {report}");
        assert!((now - expected / 20000.0).abs() < 0.001, "{line} is {expected}: {report}");
        // Both are rounded.
        assert!(ratio >= 1.0 && ((expected / 20000.0 * ratio) - makespan).abs() < 0.002 + ratio * 1e-3, "{report}");
    }
}

/// A `sleep` that wakes up at once the first time, and never sleeps again.
const INSOMNIA: &str = "#!/bin/sh\nmkdir \"$AWAKE\" 2>/dev/null\n";

#[test]
fn a_second_start_goes_on_with_what_is_not_done() {
    let directory = TempDir::new().unwrap();
    let sleep = directory.path().join("sleep");
    fs::write(&sleep, INSOMNIA).unwrap();
    fs::set_permissions(&sleep, fs::Permissions::from_mode(0o755)).unwrap();
    let path_variable = std::env::var_os("PATH").unwrap();
    let places = [directory.path().to_owned()].into_iter().chain(std::env::split_paths(&path_variable));

    let mut first = replay(directory.path());
    first.arg(path(FILES[0])).env("PATH", std::env::join_paths(places).unwrap());
    let first = first.env("AWAKE", directory.path().join("awake")).output().unwrap();
    assert!(!first.status.success());
    let words = String::from_utf8(first.stderr).unwrap();
    assert!(words.contains("replay: not all tasks are done: "), "{words}");

    let second = said(&replay(directory.path()).args(["--speedup", "1000"]).arg(path(FILES[0])).output().unwrap());
    let told = "1 of 10 tasks were done before, so the time of this run says nothing. \
                Remove replay-out, or give another --state, to run them again.\n";
    assert!(second.ends_with(told), "{second}");
    let done: i64 = database(&directory.path().join("replay-out"))
        .query_row("SELECT count(*) FROM task WHERE status = 'DONE'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(done, 10);
}

#[test]
fn names_that_repeat_give_way_to_ids() {
    let directory = TempDir::new().unwrap();
    let recording = r#"{"schemaVersion": "1.5", "workflow": {
        "specification": {"tasks": [
            {"id": "2", "name": "FIT", "parents": ["1"], "children": []},
            {"id": "1", "name": "FIT", "parents": [], "children": ["2"]}]},
        "execution": {"makespanInSeconds": 7, "tasks": [
            {"id": "1", "runtimeInSeconds": 3}, {"id": "2", "runtimeInSeconds": 4}]}}}"#;
    fs::write(directory.path().join("fits.json"), recording).unwrap();
    said(&replay(directory.path()).arg("fits.json").output().unwrap());
    let ran = ran(&directory.path().join("replay-out"));
    assert!(ran.keys().eq(["1", "2"]));
    assert!(ran["1"].1 <= ran["2"].0);
}

/// A recording of tasks without edges: id, name, seconds.
fn flat(tasks: &[(&str, &str, u32)]) -> String {
    let specified: Vec<Value> = tasks.iter().map(|(id, name, _)| serde_json::json!({"id": id, "name": name})).collect();
    let executed: Vec<Value> =
        tasks.iter().map(|(id, _, time)| serde_json::json!({"id": id, "runtimeInSeconds": time})).collect();
    let workflow = serde_json::json!({
        "specification": {"tasks": specified},
        "execution": {"makespanInSeconds": 7, "tasks": executed},
    });
    serde_json::json!({"schemaVersion": "1.5", "workflow": workflow}).to_string()
}

#[test]
fn names_that_no_task_may_have_give_way_to_ids_and_those_to_places() {
    let long = "x".repeat(256);
    for (tasks, names) in [
        ([("1", "a\u{1b}[2J", 1), ("2", "b", 1)], ["1", "2"]),
        ([("1", &long, 1), ("2", "b", 1)], ["1", "2"]),
        ([("1", "", 1), ("2", "b", 1)], ["1", "2"]),
        ([("1\n", "a", 1), ("2", "a", 1)], ["task 1", "task 2"]),
        ([("1\n", "a", 1), ("2", "b", 1)], ["a", "b"]),
    ] {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("odd.json"), flat(&tasks)).unwrap();
        said(&replay(directory.path()).arg("odd.json").output().unwrap());
        assert!(ran(&directory.path().join("replay-out")).keys().eq(&names), "{names:?}");
    }
}

#[test]
fn two_recordings_of_one_name_are_two_workflows() {
    let directory = TempDir::new().unwrap();
    for (place, tasks) in [("one", [("1", "a", 1), ("2", "b", 1)]), ("two", [("1", "a", 1), ("2", "c", 2)])] {
        fs::create_dir(directory.path().join(place)).unwrap();
        fs::write(directory.path().join(place).join("same.json"), flat(&tasks)).unwrap();
        let report = said(&replay(directory.path()).arg(format!("{place}/same.json")).output().unwrap());
        assert!(report.contains("\n2 tasks, 2 at a time, 1000 times as fast as recorded\n"), "{report}");
    }
    // The same content is the same recording.
    fs::copy(directory.path().join("two/same.json"), directory.path().join("same.json")).unwrap();
    let report = said(&replay(directory.path()).arg("same.json").output().unwrap());
    assert!(report.contains("\nAll 2 tasks were done before, and none ran."), "{report}");
}

#[test]
fn one_task_takes_one_slot() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("one.json"), flat(&[("1", "a", 1)])).unwrap();
    let start = || said(&replay(directory.path()).args(["one.json", "--slots", "8"]).output().unwrap());
    let report = start();
    let told = "\n1 task, 1 at a time (there are no more tasks than that, so that --slots 8 is too many), 1000 times";
    assert!(report.contains(told) && report.contains("\nwork / 1 "), "{report}");
    let report = start();
    assert!(report.contains("\nIts only task was done before, and did not run. Remove replay-out,"), "{report}");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for (out, cause) in [(Stdio::from(full), "No space left on device"), (Stdio::from(closed), "Broken pipe")] {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("one.json"), flat(&[("1", "a", 1)])).unwrap();
        let started = replay(directory.path()).arg("one.json").stdout(out).stderr(Stdio::piped()).spawn();
        let output = started.unwrap().wait_with_output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        let told = "replay: all tasks are done, but the report cannot be written to standard output; \
                    start it again to see what is done\n";
        assert!(words.contains(told) && words.contains(&format!("  caused by: {cause}")), "{words}");
        assert_eq!(output.status.code(), Some(1));
    }
}
