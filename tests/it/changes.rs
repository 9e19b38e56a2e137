//! A workflow whose tasks changed since it was begun.

use crate::support::State;
use jobmon::prelude::*;
use jobmon::{Error, RunOutcome, run::RunError};
use std::path::PathBuf;

/// Writes its name and leaves a line, so that it is seen how often it ran.
#[task_template(command = ": {root}; echo fit{place} >> {log}", shell = true)]
struct Fit {
    #[node_arg]
    place: u32,
    #[task_arg]
    root: String,
    #[op_arg]
    log: PathBuf,
    #[upstream]
    after: Vec<TaskRef<Self>>,
}

#[task_template(command = "echo report >> {log}", shell = true)]
struct Report {
    #[op_arg]
    log: PathBuf,
    #[upstream]
    fits: TaskSet<Fit>,
}

/// Places, each with those that it waits for.
type Places = [(u32, &'static [u32])];

/// Fits, each after others of them, and a report of them all.
fn fits(state: &State, places: &Places) -> Workflow {
    let mut wf = Tool::new("test").workflow("fits");
    let log = state.join("log");
    let mut set = TaskSet::default();
    for (place, after) in places {
        let after =
            set.iter().filter(|(_, fit): &(_, &Fit)| after.contains(&fit.place)).map(|(task, _)| task).collect();
        let fit = Fit { place: *place, root: "out".to_owned(), log: log.clone(), after };
        set.extend(&wf.add_all([fit]));
    }
    wf.add(Report { log, fits: set }.name("the report"));
    wf
}

/// What ran since the last look.
fn ran(state: &State) -> String {
    let mut lines = state.lines("log");
    if !lines.is_empty() {
        std::fs::remove_file(state.join("log")).unwrap();
    }
    lines.sort_unstable();
    lines.join(" ")
}

fn refused(wf: &Workflow, state: &State) -> String {
    let error = wf.run(state.options().resume(true)).unwrap_err();
    assert!(matches!(error, Error::Run(RunError::TasksChanged { .. })), "{error}");
    error.to_string()
}

fn done(run: &RunOutcome) -> (usize, usize) {
    assert_eq!(run.failed + run.skipped + run.cancelled, 0, "{run}");
    (run.done, run.resumed)
}

#[test]
fn changed_tasks_are_refused_by_name_and_arguments() {
    let state = State::new();
    fits(&state, &[(1, &[]), (2, &[1]), (3, &[1])]).run(state.options()).unwrap();
    let changed = fits(&state, &[(2, &[]), (3, &[2]), (4, &[]), (5, &[])]);
    insta::assert_snapshot!(refused(&changed, &state), @r"
    the tasks of workflow `test/fits` (number 1) are not those that it was begun with; nothing was run
      2 added: `fit place=4` (root=out), `fit place=5` (root=out)
      1 removed: `fit place=1` (root=out)
      3 with other upstreams: `fit place=2` (root=out), `fit place=3` (root=out), `the report`
    undo the change, or go on with it by `RunOptions::accept_changes(true)`, by which 3 done tasks run again; other `.args(..)` or `.unique()` begin a workflow of its own
    ");
    let many: Vec<(u32, &'static [u32])> = (10..20).map(|place| (place, &[][..])).collect();
    insta::assert_snapshot!(refused(&fits(&state, &many), &state), @r"
    the tasks of workflow `test/fits` (number 1) are not those that it was begun with; nothing was run
      10 added: `fit place=10` (root=out), `fit place=11` (root=out), `fit place=12` (root=out), `fit place=13` (root=out), `fit place=14` (root=out), ..
      3 removed: `fit place=1` (root=out), `fit place=2` (root=out), `fit place=3` (root=out)
      1 with other upstreams: `the report`
    undo the change, or go on with it by `RunOptions::accept_changes(true)`, by which 1 done task runs again; other `.args(..)` or `.unique()` begin a workflow of its own
    ");
    assert_eq!(state.query("SELECT status FROM workflow"), "DONE", "a refusal changes nothing");
    assert_eq!(state.query("SELECT count(*) FROM task WHERE retired_by_run_id IS NULL AND status = 'DONE'"), "4");
    assert_eq!(ran(&state), "fit1 fit2 fit3 report");
}

#[test]
fn the_same_graph_said_differently_is_no_change() {
    let state = State::new();
    let build = |how: usize| {
        let mut wf = Tool::new("test").workflow("said");
        let fits = wf.add_all((0..3).map(|id| Command::new("true").node_arg("id", id)));
        let report = wf.add(Command::new("true").name("report"));
        match how {
            0 => wf.add_upstream(report, &fits),
            1 => wf.add_upstream(report, fits.refs()),
            2 => fits.refs().into_iter().rev().for_each(|fit| wf.add_upstream(report, fit)),
            _ => {
                wf.add_upstream(report, fits.refs()[1]);
                wf.add_upstream(report, &fits);
            }
        }
        wf
    };
    build(0).run(state.options()).unwrap();
    for how in 1..4 {
        assert_eq!(done(&build(how).run(state.options().resume(true)).unwrap()), (0, 4));
    }
}

#[test]
fn accepted_changes_keep_what_is_done_and_run_what_hangs_on_them() {
    let state = State::new();
    fits(&state, &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[])]).run(state.options()).unwrap();
    ran(&state);
    // 1 is gone, so 2 and 3 wait for nothing any more; 4 stays; 5 is new; the report waits for others.
    let changed = fits(&state, &[(2, &[]), (3, &[]), (4, &[]), (5, &[4])]);
    refused(&changed, &state);
    let run = changed.run(state.options().accept_changes(true)).unwrap();
    assert_eq!((done(&run), ran(&state)), ((4, 1), "fit2 fit3 fit5 report".to_owned()));
    // Counts, views and edges are those of what belongs; what is gone is on record.
    assert_eq!(state.query("SELECT count(*) FROM task WHERE retired_by_run_id IS NULL"), "5");
    assert_eq!(
        state.query("SELECT name, status, retired_by_run_id FROM task WHERE retired_by_run_id > 0"),
        "fit place=1 DONE 2"
    );
    assert_eq!(state.query("SELECT status FROM task_instance WHERE task_id = 1"), "DONE");
    assert_eq!(state.query("SELECT value FROM node_arg ORDER BY value"), "2\n3\n4\n5");
    let edges = "SELECT up.name, down.name FROM edge JOIN task AS up ON up.id = upstream_task_id
                 JOIN task AS down ON down.id = downstream_task_id";
    assert_eq!(state.query(edges), "fit place=4 fit place=5");
    assert_eq!(state.query("SELECT count(*), max(size) FROM task_set"), "1 4");
    assert_eq!(state.query("SELECT count(*) FROM edge WHERE downstream_set_id > 0 OR upstream_set_id > 0"), "5");
    assert_eq!(
        state.query("SELECT attempt FROM task_instance JOIN task ON task.id = task_id WHERE name = 'the report'"),
        "1\n2"
    );
    // Nothing changed since.
    assert_eq!(done(&changed.run(state.options().resume(true)).unwrap()), (0, 5));
    assert_eq!(state.query("SELECT status FROM workflow"), "DONE");
}

#[test]
fn what_comes_back_is_as_done_as_it_was() {
    let state = State::new();
    let (all, fewer): (&Places, &Places) = (&[(1, &[]), (2, &[1]), (3, &[1])], &[(1, &[]), (2, &[1])]);
    fits(&state, all).run(state.options()).unwrap();
    ran(&state);
    fits(&state, fewer).run(state.options().accept_changes(true)).unwrap();
    assert_eq!(ran(&state), "report");
    let run = fits(&state, all).run(state.options().accept_changes(true)).unwrap();
    assert_eq!((done(&run), ran(&state)), ((1, 3), "report".to_owned()));
    // While 3 is away, 1 runs again: what 3 was done with is no more.
    fits(&state, &[(7, &[]), (1, &[7]), (2, &[1])]).run(state.options().accept_changes(true)).unwrap();
    assert_eq!(ran(&state), "fit1 fit2 fit7 report");
    fits(&state, &[(7, &[]), (1, &[7]), (2, &[1]), (3, &[1])]).run(state.options().accept_changes(true)).unwrap();
    assert_eq!(ran(&state), "fit3 report");
}

#[test]
fn accepting_goes_on_without_changes_too_and_begins_what_is_new() {
    let state = State::new();
    let wf = fits(&state, &[(1, &[])]);
    assert_eq!(done(&wf.run(state.options().accept_changes(true)).unwrap()), (2, 0));
    assert_eq!(done(&wf.run(state.options().accept_changes(true)).unwrap()), (0, 2));
    assert_eq!(state.query("SELECT count(*) FROM workflow_run"), "1");
}

#[test]
fn what_failed_is_gone_and_the_rest_is_done() {
    let state = State::new();
    let build = |fails: bool| {
        let mut wf = Tool::new("test").workflow("gone");
        wf.add(Command::new("true").name("good"));
        if fails {
            let bad = wf.add(Command::new("false").max_attempts(1).name("bad"));
            wf.add(Command::new("true").node_arg("id", 1).name("after bad").upstream(bad));
        }
        wf
    };
    let run = build(true).run(state.options()).unwrap();
    assert_eq!((run.done, run.failed, run.skipped), (1, 1, 1));
    let run = build(false).run(state.options().accept_changes(true)).unwrap();
    assert_eq!((done(&run), run.status), ((0, 1), jobmon::model::RunState::Done));
    assert_eq!(state.query("SELECT status FROM workflow"), "DONE");
    assert_eq!(state.query("SELECT status FROM task"), "DONE\nFAILED\nSKIPPED", "what is gone stays as it ended");
}

/// A start that takes changes over and is stopped in the middle, by a file that refuses a row as a broken disk would, is
/// finished by the next start of the same program: each task that hangs on the change runs, none is done that is not.
#[test]
fn a_start_that_dies_while_it_takes_changes_over_is_finished_by_the_next() {
    let broken = [
        "UPDATE OF changing_to ON workflow WHEN NEW.changing_to NOT NULL",
        "UPDATE OF status ON task WHEN OLD.status = 'DONE'",
        "INSERT ON task WHEN (SELECT count(*) FROM workflow_run) > 1",
        "UPDATE OF retired_by_run_id ON task WHEN NEW.retired_by_run_id NOT NULL",
        "UPDATE OF upstreams_hash ON task",
        "DELETE ON edge",
        "DELETE ON task_set",
        "INSERT ON task_set",
        "INSERT ON edge",
        "UPDATE OF changing_to ON workflow WHEN NEW.changing_to IS NULL",
    ];
    for (at, broken) in broken.iter().enumerate() {
        let state = State::new();
        let before: &Places = &[(1, &[]), (2, &[1]), (3, &[2]), (4, &[])];
        let changed: &Places = &[(2, &[]), (3, &[2]), (4, &[]), (5, &[4])];
        fits(&state, before).run(state.options()).unwrap();
        ran(&state);
        let break_it = |sql: &str| {
            let file = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
            file.execute_batch(sql).unwrap();
        };
        break_it(&format!("CREATE TRIGGER broken BEFORE {broken} BEGIN SELECT RAISE(ABORT, 'broken'); END"));
        let wf = fits(&state, changed);
        let error = wf.run(state.options().accept_changes(true)).unwrap_err();
        assert!(format!("{error:?}").contains("broken"), "{broken}: {error:?}");
        break_it("DROP TRIGGER broken");
        let marked = state.query("SELECT changing_to IS NOT NULL FROM workflow") == "1";
        assert_eq!(marked, (1..10).contains(&at), "{broken}");
        if marked {
            let other = fits(&state, before).run(state.options().resume(true)).unwrap_err();
            assert!(other.to_string().contains("accept_changes(true)"), "{broken}: {other}");
        }
        assert_eq!(ran(&state), "", "{broken}");
        let again = if marked { state.options().resume(true) } else { state.options().accept_changes(true) };
        let run = wf.run(again).unwrap();
        assert_eq!(run.done + run.resumed, 5, "{broken}");
        assert_eq!(ran(&state), "fit2 fit3 fit5 report", "{broken}");
        assert_eq!(state.query("SELECT changing_to, status FROM workflow"), "- DONE");
        assert_eq!(done(&wf.run(state.options().resume(true)).unwrap()), (0, 5));
    }
}
