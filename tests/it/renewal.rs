//! What a program says anew of tasks that stay what they are, and what it is told of them.

use crate::support::State;
use jobmon::RunOutcome;
use jobmon::prelude::*;
use std::path::PathBuf;

mod first {
    use super::*;

    #[task_template(command = ": {threads}; test {place} != {fails}", shell = true)]
    pub(super) struct Fit {
        #[node_arg]
        pub(super) place: u32,
        #[op_arg]
        pub(super) fails: u32,
        #[op_arg]
        pub(super) threads: u32,
    }
}

mod second {
    use super::*;

    #[task_template(command = ": {threads} {draws}; test {place} != {fails}", shell = true, version = 2)]
    pub(super) struct Fit {
        #[node_arg]
        pub(super) place: u32,
        #[task_arg]
        pub(super) draws: u32,
        #[op_arg]
        pub(super) fails: u32,
        #[op_arg]
        pub(super) threads: u32,
    }
}

#[task_template(command = ": {log}; echo {id} >> {log}", shell = true)]
struct Note {
    #[node_arg]
    id: u32,
    #[op_arg]
    log: PathBuf,
}

/// Three fits of which one may fail, and two notes, of which one waits for the fits.
macro_rules! workflow {
    ($state:expr, |$place:ident| $fit:expr) => {{
        let mut wf = Tool::new("test").workflow("renewed");
        let fits = wf.add_all((0..3_u32).map(|$place| $fit));
        wf.add(Note { id: 0, log: $state.join("log") });
        wf.add(Note { id: 1, log: $state.join("log") }.upstream(fits));
        wf
    }};
}

fn first(state: &State, fails: u32, threads: u32) -> Workflow {
    workflow!(state, |place| first::Fit { place, fails, threads }.max_attempts(1))
}

fn done(run: &RunOutcome) -> (usize, usize, usize) {
    (run.done, run.resumed, run.failed)
}

#[test]
fn a_new_version_of_a_template_needs_no_leave() {
    let state = State::new();
    let run = first(&state, 9, 1).run(state.options()).unwrap();
    assert_eq!(done(&run), (5, 0, 0));
    let second = |draws| workflow!(state, |place| second::Fit { place, draws, fails: 9, threads: 1 });
    let run = second(100).run(state.options().resume(true)).unwrap();
    assert_eq!((done(&run), state.lines("log").join(" ")), ((4, 1, 0), "0 1 1".to_owned()));
    let versions = "SELECT version, count(*), count(retired_by_run_id) FROM task
                    JOIN task_template ON task_template.id = task_template_id WHERE task_template.name = 'fit'
                    GROUP BY version";
    assert_eq!(state.query(versions), "1 3 3\n2 3 0");
    // Other changes need leave as ever, also beside those of a version.
    let refused = second(200).run(state.options().resume(true)).unwrap_err().to_string();
    assert!(refused.contains("3 added") && refused.contains("3 removed"), "{refused}");
    let mut beside = first(&state, 9, 1);
    beside.add(Note { id: 2, log: state.join("log") });
    let refused = beside.run(state.options().resume(true)).unwrap_err().to_string();
    assert!(refused.contains("1 added: `note id=2`") && !refused.contains("removed"), "{refused}");
    // Back again: the fits of then are as done as they were.
    let run = first(&state, 9, 1).run(state.options().resume(true)).unwrap();
    assert_eq!(done(&run), (1, 4, 0));
}

#[test]
fn a_changed_command_is_told_with_what_it_did_not_do() {
    let state = State::new();
    let run = first(&state, 2, 1).run(state.options()).unwrap();
    assert_eq!(done(&run), (3, 0, 1));
    // By the program, whose words can be read.
    let told = || {
        let output = state.program("renewed").wait_with_output().unwrap();
        assert!(output.status.success());
        let told = String::from_utf8(output.stderr).unwrap();
        told.lines().filter(|line| line.contains("the command of")).map(str::to_owned).collect::<Vec<_>>()
    };
    let expected = "jobmon: the command of `fit` changed since 2 of its tasks were done; what is done stays so, a higher `version` runs it again";
    assert_eq!(told(), [expected]);
    assert_eq!(told(), [expected], "also where all is done");
    let commands = "SELECT count(DISTINCT command_hash) FROM task_instance
                    JOIN task ON task.id = task_id WHERE name LIKE 'fit%' AND task_instance.status = 'DONE'";
    assert_eq!(state.query(commands), "2");
    // The old command again: what was done by the other one is told.
    let run = first(&state, 9, 1).run(state.options().resume(true)).unwrap();
    assert_eq!(done(&run), (0, 5, 0));
}

#[test]
fn what_is_not_done_is_renewed_and_of_what_is_done_what_people_call_it() {
    let state = State::new();
    let build = |fails: u32, threads: u32, again: bool| {
        let mut wf = Tool::new("test").workflow("renewed").attribute("kept", 1).attribute("new", u8::from(again));
        if again {
            wf = wf.max_concurrently_running(7);
        }
        for place in 0..2 {
            let fit = first::Fit { place, fails, threads }.max_attempts(if again { 3 } else { 1 });
            let fit = fit.attribute(if again { "second" } else { "first" }, place).attribute("both", threads);
            wf.add(match again {
                false => fit,
                true => fit.name(format!("renamed {place}")).priority(5).env("A", "b").current_dir("/").memory("64M"),
            });
        }
        wf
    };
    build(1, 1, false).run(state.options()).unwrap();
    let run = build(9, 2, true).run(state.options().resume(true)).unwrap();
    assert_eq!(done(&run), (1, 1, 0));
    let rows = "SELECT name, op_args, max_attempts, priority, directory, environment, memory_bytes FROM task
                JOIN task_resources ON task_resources.id = task_resources_id ORDER BY task.id";
    insta::assert_snapshot!(state.query(rows), @r#"
    renamed 0 {"fails":"1","threads":"1"} 1 0 - - -
    renamed 1 {"fails":"9","threads":"2"} 3 5 / {"A":"b"} 67108864
    "#);
    let attributes = "SELECT task_id, name, value FROM task_attribute ORDER BY task_id, name";
    insta::assert_snapshot!(state.query(attributes), @r"
    1 both 2
    1 first 0
    1 second 0
    2 both 2
    2 first 1
    2 second 1
    ");
    assert_eq!(state.query("SELECT name, value FROM workflow_attribute ORDER BY name"), "kept 1\nnew 1");
    assert_eq!(state.query("SELECT max_concurrently_running FROM workflow"), "7");
}

#[test]
fn a_complete_workflow_takes_names_and_attributes_over_without_a_run() {
    let state = State::new();
    let build = |name: &str, value: u32| {
        let mut wf = Tool::new("test").workflow("complete").attribute("release", value);
        let task = wf.add(Command::new("true").name(name).attribute("release", value));
        (wf, task)
    };
    build("one", 1).0.run(state.options()).unwrap();
    let (wf, task) = build("other", 2);
    let run = wf.run(state.options().resume(true)).unwrap();
    run.ok().unwrap();
    assert_eq!(done(&run), (0, 1, 0));
    assert_eq!(run.usage_of(task).unwrap().attempts, 1);
    assert_eq!(state.query("SELECT name FROM task"), "other");
    assert_eq!(state.query("SELECT value FROM task_attribute UNION ALL SELECT value FROM workflow_attribute"), "2\n2");
    assert_eq!(state.query("SELECT count(*) FROM workflow_run"), "1");
}

/// What is retired counts no more in what the next run should ask for.
#[test]
fn suggestions_leave_out_what_is_retired() {
    let state = State::new();
    let build = |places: std::ops::Range<u32>| {
        let mut wf = Tool::new("test").workflow("suggested");
        wf.add_all(places.map(|id| Note { id, log: state.join("log") }));
        wf
    };
    build(0..4).run(state.options()).unwrap();
    let tasks = || jobmon::run::Recorded::at(state.path()).usage_summary().unwrap().count;
    assert_eq!(tasks(), 4);
    build(2..5).run(state.options().accept_changes(true)).unwrap();
    assert_eq!(tasks(), 3);
}
