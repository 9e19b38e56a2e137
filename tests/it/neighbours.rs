//! Several workflows in one state file at once.

use crate::support::{State, wait_for};
use std::time::{Duration, SystemTime};

/// For so long at most a driver waits for others that write.
const BUSY: Duration = Duration::from_mins(2);

/// A driver says so often that it lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long ago a moment was that the state file tells.
fn since(microseconds: i64) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.saturating_sub(Duration::from_micros(microseconds.unsigned_abs()))
}

/// One workflow runs short tasks; beside it another one is begun that has very many, which all are skipped at once.
#[test]
fn a_vast_workflow_does_not_keep_its_neighbour_waiting() {
    let state = State::new();
    let mut many = state.program("many");
    wait_for("tasks run", || state.look("SELECT 1 FROM task_instance WHERE ended_at IS NOT NULL LIMIT 1"));
    let mut vast = state.program("vast");
    let (mut outcome, mut heartbeat) = (Duration::ZERO, Duration::ZERO);
    let run = state.look("SELECT id FROM workflow_run").unwrap();
    let ended = format!("SELECT max(ended_at) FROM task_instance WHERE workflow_run_id = {run}");
    let lives = format!("SELECT heartbeat_at FROM workflow_run WHERE id = {run}");
    wait_for("the vast one ends", || {
        // Tasks end all the time: that no end is on record since is how late they are.
        outcome = outcome.max(since(state.look(&ended).unwrap()));
        heartbeat = heartbeat.max(since(state.look(&lives).unwrap()));
        assert!(many.try_wait().unwrap().is_none(), "the other one ends later");
        vast.try_wait().unwrap()
    });
    std::fs::write(state.join("enough"), "").unwrap();
    let (vast, many) = (vast.wait_with_output().unwrap(), many.wait_with_output().unwrap());
    for output in [&vast, &many] {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(outcome < BUSY, "outcomes are {outcome:?} late");
    assert!(heartbeat < BUSY + HEARTBEAT, "the heartbeat is {heartbeat:?} late");
    let tasks = "SELECT workflow.name, task.status, count(*) FROM task JOIN workflow ON workflow.id = workflow_id
        GROUP BY workflow.id, task.status ORDER BY 1, 2";
    let said = String::from_utf8(vast.stdout).unwrap();
    let skipped = said.trim_end().trim_start_matches("1 failed, ").trim_end_matches(" skipped");
    assert_eq!(state.query(tasks), format!("many DONE 3000\nvast FAILED 1\nvast SKIPPED {skipped}"));
    assert_eq!(state.query("SELECT count(*) FROM task_instance WHERE status <> 'DONE'"), "1");
    println!(
        "beside a workflow of {skipped} tasks the last outcome on record is at most {outcome:.1?} old, the last heartbeat {heartbeat:.1?}"
    );
}
