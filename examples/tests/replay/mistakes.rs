//! What cannot be replayed is told, by file and task.

use crate::replay;
use std::fs;
use tempfile::TempDir;

/// What `replay` says to arguments that it cannot work with, and the code that it exits with.
fn told(arguments: &[&str]) -> String {
    let directory = TempDir::new().unwrap();
    told_in(&directory, arguments)
}

fn told_in(directory: &TempDir, arguments: &[&str]) -> String {
    let output = replay(directory.path()).args(arguments).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let words = String::from_utf8(output.stderr).unwrap();
    format!("{words}exit code {:?}", output.status.code().unwrap())
}

/// What is said to a file with this text.
fn told_of(text: &str) -> String {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("bad.json"), text).unwrap();
    let words = told_in(&directory, &["bad.json"]);
    assert!(!directory.path().join("replay-out").exists(), "nothing is begun");
    words
}

/// A recording of tasks (specified, executed) whose rest is in order.
fn recording(specified: &str, executed: &str) -> String {
    format!(
        r#"{{"schemaVersion": "1.5", "workflow": {{
            "specification": {{"tasks": [{specified}]}},
            "execution": {{"makespanInSeconds": 1, "executedAt": "today", "tasks": [{executed}]}}}}}}"#
    )
}

/// Some tasks, each with the parents that follow its id.
fn specified(tasks: &[&[&str]]) -> String {
    let task = |task: &&[&str]| {
        let (id, parents) = task.split_first().unwrap();
        format!(r#"{{"id": "{id}", "name": "{id}", "parents": {parents:?}, "children": []}}"#)
    };
    tasks.iter().map(task).collect::<Vec<_>>().join(", ")
}

fn executed(tasks: &[(&str, &str)]) -> String {
    let task = |(id, seconds): &(&str, &str)| format!(r#"{{"id": "{id}", "runtimeInSeconds": {seconds}}}"#);
    tasks.iter().map(task).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_no_recording() {
    insta::assert_snapshot!(told(&["nowhere.json"]), @"
    replay: cannot read nowhere.json
      caused by: No such file or directory (os error 2)
    exit code 1
    ");
    insta::assert_snapshot!(told(&["."]), @"
    replay: cannot read .
      caused by: Is a directory (os error 21)
    exit code 1
    ");
    insta::assert_snapshot!(told_of(""), @"
    replay: bad.json is not JSON
      caused by: EOF while parsing a value at line 1 column 0
    exit code 1
    ");
    insta::assert_snapshot!(told_of("{\n  \"schemaVersion\": \"1.5\",\n  \"workflow\": {"), @"
    replay: bad.json is not JSON
      caused by: EOF while parsing an object at line 3 column 15
    exit code 1
    ");
    insta::assert_snapshot!(told_of("[]"), @r#"
    replay: bad.json is not WfFormat: it has no `schemaVersion`, whose value is "1.5"
    exit code 1
    "#);
    insta::assert_snapshot!(told_of(r#"{"schemaVersion": "1.4", "workflow": {"tasks": []}}"#), @r#"
    replay: bad.json has the `schemaVersion` "1.4", and only "1.5" can be replayed
    exit code 1
    "#);
    insta::assert_snapshot!(told_of(r#"{"schemaVersion": 1.5}"#), @r#"
    replay: bad.json has the `schemaVersion` 1.5, and only "1.5" can be replayed
    exit code 1
    "#);
    insta::assert_snapshot!(told_of(r#"{"schemaVersion": "1.5", "workflow": {"tasks": []}}"#), @"
    replay: bad.json does not have the layout of WfFormat 1.5
      caused by: missing field `specification` at line 1 column 50
    exit code 1
    ");
    insta::assert_snapshot!(told_of(r#"{"schemaVersion": "1.5", "workflow": {"specification": {"tasks": []}}}"#), @"
    replay: bad.json has no `workflow.execution`: it says what was to run and not how long that took, so there is nothing to replay
    exit code 1
    ");
}

#[test]
fn what_is_wrong_with_tasks() {
    insta::assert_snapshot!(told_of(&recording("", "")), @"
    replay: cannot replay bad.json:
      it has no task
    exit code 1
    ");
    let two = specified(&[&["a"], &["b", "a", "c", "d"]]);
    insta::assert_snapshot!(told_of(&recording(&two, &executed(&[("a", "1"), ("b", "2")]))), @"
    replay: cannot replay bad.json:
      task `b` names the parent `c`, and there is no such task
      task `b` names the parent `d`, and there is no such task
    exit code 1
    ");
    insta::assert_snapshot!(told_of(&recording(&specified(&[&["a"], &["a"]]), &executed(&[("a", "1")]))), @"
    replay: cannot replay bad.json:
      two tasks have the id `a`
      task `a` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
    exit code 1
    ");
}

#[test]
fn what_is_wrong_with_run_times() {
    let two = specified(&[&["a"], &["b", "a"]]);
    let times = executed(&[("a", "-1"), ("a", "2"), ("c", "3")]);
    insta::assert_snapshot!(told_of(&recording(&two, &times)), @"
    replay: cannot replay bad.json:
      task `a` has two run times in `workflow.execution.tasks`
      task `c` has a run time, and `workflow.specification.tasks` has no such task
      task `a` has a run time of -1.0 seconds, which no task can take
      task `b` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
    exit code 1
    ");
    insta::assert_snapshot!(told_of(&recording(&two, r#"{"id": "a"}, {"id": "b", "runtimeInSeconds": null}"#)), @"
    replay: cannot replay bad.json:
      task `a` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `b` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
    exit code 1
    ");
    insta::assert_snapshot!(told_of(&recording(&two, &executed(&[("a", "1"), ("b", "1e99")]))), @"
    replay: cannot replay bad.json:
      task `b` has a run time of 1e99 seconds, which no task can take
    exit code 1
    ");
    insta::assert_snapshot!(told_of(&recording(&two, &executed(&[("a", "1"), ("b", "1e999")]))), @"
    replay: bad.json is not JSON
      caused by: number out of range at line 3 column 156
    exit code 1
    ");
    insta::assert_snapshot!(told_of(&recording(&two, &executed(&[("a", "1"), ("b", "\"fast\"")]))), @r#"
    replay: bad.json does not have the layout of WfFormat 1.5
      caused by: invalid type: string "fast", expected f64 at line 3 column 157
    exit code 1
    "#);
    let many: Vec<String> = (0..12).map(|id| id.to_string()).collect();
    let many: Vec<[&str; 1]> = many.iter().map(|id| [id.as_str()]).collect();
    let many: Vec<&[&str]> = many.iter().map(<[&str; 1]>::as_slice).collect();
    insta::assert_snapshot!(told_of(&recording(&specified(&many), "")), @"
    replay: cannot replay bad.json:
      task `0` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `1` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `2` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `3` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `4` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `5` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `6` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `7` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `8` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      task `9` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it
      and 2 more
    exit code 1
    ");
}

#[test]
fn cycles() {
    let times = executed(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    let cycle = specified(&[&["a"], &["b", "a", "d"], &["c", "b"], &["d", "c"]]);
    insta::assert_snapshot!(told_of(&recording(&cycle, &times)), @"
    replay: cannot replay bad.json:
      tasks are their own ancestors: c -> d -> b -> c
    exit code 1
    ");
    let own = specified(&[&["a", "a"]]);
    insta::assert_snapshot!(told_of(&recording(&own, &executed(&[("a", "1")]))), @"
    replay: cannot replay bad.json:
      tasks are their own ancestors: a -> a
    exit code 1
    ");
}

#[test]
fn options() {
    insta::assert_snapshot!(told(&[]), @"
    error: the following required arguments were not provided:
      <FILE>

    Usage: replay <FILE>

    For more information, try '--help'.
    exit code 2
    ");
    for speedup in ["0", "-1", "inf", "NaN"] {
        let words = told(&["x.json", "--speedup", speedup]);
        let expected =
            format!("error: invalid value '{speedup}' for '--speedup <FACTOR>': it must be a number above 0\n");
        assert!(words.starts_with(&expected) && words.ends_with("exit code 2"), "{words}");
    }
    insta::assert_snapshot!(told(&["x.json", "--speedup", "fast"]), @"
    error: invalid value 'fast' for '--speedup <FACTOR>': it is not a number

    For more information, try '--help'.
    exit code 2
    ");
    insta::assert_snapshot!(told(&["x.json", "--slots", "0"]), @"
    error: invalid value '0' for '--slots <N>': 0 is not in 1..=4294967295

    For more information, try '--help'.
    exit code 2
    ");
    insta::assert_snapshot!(told(&["x.json", "--slots", "-1"]), @"
    error: invalid value '-1' for '--slots <N>': -1 is not in 1..=4294967295

    For more information, try '--help'.
    exit code 2
    ");
    insta::assert_snapshot!(told(&["x.json", "--fast"]), @"
    error: unexpected argument '--fast' found

      tip: to pass '--fast' as a value, use '-- --fast'

    Usage: replay <FILE>

    For more information, try '--help'.
    exit code 2
    ");
    let directory = TempDir::new().unwrap();
    let one = recording(&specified(&[&["a"]]), &executed(&[("a", "1e9")]));
    fs::write(directory.path().join("slow.json"), one).unwrap();
    insta::assert_snapshot!(told_in(&directory, &["slow.json", "--speedup", "1e-99"]), @"
    replay: task `a` of slow.json would sleep for ages at a speedup of 1e-99; ask for a larger --speedup
    exit code 1
    ");
}

#[test]
fn texts_of_the_file_cannot_act_on_the_terminal() {
    let name = format!("\\u001b[2J\\u202e{}", "x".repeat(1000));
    let text = recording(&format!(r#"{{"id": "{name}", "name": "a", "parents": ["\u0007"]}}"#), "");
    let told = told_of(&text);
    assert!(!told.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{told:?}");
    assert!(told.contains(r"task `\u{1b}[2J\u{202e}xxx") && told.contains(r"the parent `\u{7}`"), "{told}");
    assert!(told.len() < 1000, "{told}");
    let told = told_of("{\"schemaVersion\": \"\\u202e\u{7f}\"}");
    assert!(!told.contains(['\u{202e}', '\u{7f}']), "{told:?}");

    let ids: Vec<String> = (0..1000).map(|id| id.to_string()).collect();
    let parents: Vec<[&str; 2]> = (0..1000).map(|id| [ids[id].as_str(), ids[(id + 1) % 1000].as_str()]).collect();
    let tasks: Vec<&[&str]> = parents.iter().map(<[&str; 2]>::as_slice).collect();
    let times: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "1")).collect();
    let told = told_of(&recording(&specified(&tasks), &executed(&times)));
    assert!(told.contains(" -> (991 more) -> ") && told.len() < 200, "{told}");
}

#[test]
fn times_that_nothing_can_take() {
    let one = specified(&[&["a"]]);
    for (seconds, told) in [("1e300", "1e300"), ("4e9", "4000000000.0")] {
        let words = told_of(&recording(&one, &executed(&[("a", seconds)])));
        assert!(
            words.contains(&format!("task `a` has a run time of {told} seconds, which no task can take")),
            "{words}"
        );
    }
    for (seconds, told) in [("1e300", "1e300"), ("-1", "-1.0")] {
        let text = recording(&one, &executed(&[("a", "1")]))
            .replace("\"makespanInSeconds\": 1", &format!("\"makespanInSeconds\": {seconds}"));
        let words = told_of(&text);
        let expected = format!("  the whole took {told} seconds by `makespanInSeconds`, which nothing can take\n");
        assert!(words.contains(&expected), "{words}");
    }
}
