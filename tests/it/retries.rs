//! Which failures are tried again, how often, when, and what exit codes mean.

use crate::support::{State, lives, signal, wait_for};
use jobmon::model::{ExitMeaning, FailureKind, RetryPolicy};
use jobmon::prelude::*;
use rustix::process::Signal;
use std::time::Duration;

/// Ends as its argument says, attempt by attempt.
#[task_template(
    command = r#": {name}; set -- {ends}...; shift $((JOBMON_ATTEMPT - 1)); exit "$1""#,
    shell = true,
    memory = "64M",
    runtime = "1h",
    exit(42, 64..=70) = no_retry,
    exit(75) = retry_without_spending,
    exit(124) = timeout,
    exit(137) = out_of_memory,
    retry(at_most(exit = 12))
)]
struct Ends {
    #[node_arg]
    name: String,
    #[op_arg]
    ends: Vec<u8>,
}

fn ends(name: &str, ends: &[u8]) -> Ends {
    Ends { name: name.into(), ends: ends.to_vec() }
}

/// What became of a task, then each attempt: memory in MiB, run time, why it failed, exit code.
fn attempts(state: &State, name: &str) -> String {
    let status = state.query(&format!("SELECT status FROM task WHERE name = 'ends name={name}'"));
    let attempts = state.query(&format!(
        "SELECT memory_bytes / 1048576, runtime_seconds / 60, coalesce(kind, '-'), exit_code
         FROM task_instance JOIN task ON task.id = task_id
         JOIN task_resources ON task_resources.id = task_instance.task_resources_id
         WHERE task.name = 'ends name={name}' ORDER BY attempt"
    ));
    format!("{status}\n{attempts}")
}

#[test]
fn exit_codes_mean_what_the_template_says() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("exits");
    wf.add(ends("hopeless", &[42]));
    wf.add(ends("wrong", &[66]));
    wf.add(ends("busy", &[75, 75, 75, 1, 0]));
    wf.add(ends("large", &[137, 124, 0]));
    wf.add(ends("larger", &[137, 137, 137]));
    let plain = wf.add(ends("plain", &[1, 2, 3]));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (2, 4), "{run}");
    insta::assert_snapshot!(attempts(&state, "hopeless"), @"
    FAILED
    64 60 EXIT 42
    ");
    insta::assert_snapshot!(attempts(&state, "wrong"), @"
    FAILED
    64 60 EXIT 66
    ");
    insta::assert_snapshot!(attempts(&state, "busy"), @"
    DONE
    64 60 EXIT 75
    64 60 EXIT 75
    64 60 EXIT 75
    64 60 EXIT 1
    64 60 - 0
    ");
    insta::assert_snapshot!(attempts(&state, "large"), @"
    DONE
    64 60 OUT_OF_MEMORY 137
    96 60 TIMEOUT 124
    96 90 - 0
    ");
    insta::assert_snapshot!(attempts(&state, "larger"), @"
    FAILED
    64 60 OUT_OF_MEMORY 137
    96 60 OUT_OF_MEMORY 137
    144 60 OUT_OF_MEMORY 137
    ");
    insta::assert_snapshot!(attempts(&state, "plain"), @"
    FAILED
    64 60 EXIT 1
    64 60 EXIT 2
    64 60 EXIT 3
    ");
    assert_eq!(run.status_of(plain).unwrap().attempts, 3);
    let told = run.ok().unwrap_err().to_string();
    assert!(
        told.contains("`ends name=larger` failed: ran out of memory (exit 137): it had 144M (3 attempts)"),
        "{told}"
    );
}

#[test]
fn a_task_stands_over_its_template_that_over_the_workflow_and_that_over_the_tool() {
    let state = State::new();
    let policy =
        RetryPolicy::new().on([FailureKind::Signal]).exit(1, ExitMeaning::Retry).exit(75, ExitMeaning::NoRetry);
    let tool = Tool::new("test").retry(RetryPolicy::new().exit(1, ExitMeaning::NoRetry).exit(9, ExitMeaning::Retry));
    let mut wf = tool.workflow("levels").retry(policy);
    wf.template::<Ends>(|ends| ends.retry(RetryPolicy::new().exit(70, ExitMeaning::Retry)));
    // Of its own word, of the workflow's code, of the workflow's kinds; the template says what 75 means.
    let own = wf.add(ends("own", &[7, 0]).retry(RetryPolicy::new().exit(7, ExitMeaning::Retry)));
    wf.add(ends("code", &[1, 0]));
    wf.add(ends("kind", &[2, 0]));
    wf.add(ends("template", &[75, 0]));
    wf.add(ends("over", &[75, 0]).retry(RetryPolicy::new().exit(75, ExitMeaning::NoRetry)));
    wf.add(ends("tool", &[9, 0]));
    wf.add(ends("in code", &[70, 0]));
    let explained = wf.explain(own).unwrap();
    insta::assert_snapshot!(explained.value("retry"), @"on = [signal], at_most(exit = 12), exit(7) = retry, exit(70) = retry, exit(42) = no_retry, exit(64..=70) = no_retry, exit(75) = retry_without_spending, exit(124) = timeout, exit(137) = out_of_memory, exit(1) = retry, exit(9) = retry");
    insta::assert_snapshot!(explained.origin("retry"), @"tests/it/retries.rs:107:43, the task; tests/it/retries.rs:105:37, the template ends; #[task_template] at tests/it/retries.rs:10:1; tests/it/retries.rs:104:42, the workflow levels; tests/it/retries.rs:103:34, the tool test");
    wf.run(state.options()).unwrap();
    let states = state.query("SELECT name, status FROM task ORDER BY id");
    insta::assert_snapshot!(states.replace("ends name=", ""), @"
    own DONE
    code DONE
    kind FAILED
    template DONE
    over FAILED
    tool DONE
    'in code' DONE
    ");
}

/// From the end of one attempt to the beginning of the next.
#[test]
fn a_retry_waits_for_its_delay() {
    let state = State::new();
    let policy = RetryPolicy::new().delay(Duration::from_millis(100)).backoff(3.0);
    let mut wf = Tool::new("test").workflow("delays").retry(policy);
    wf.add(Command::new("false"));
    wf.add(Command::new("true"));
    wf.run(state.options()).unwrap();
    let waits = state.query(
        "SELECT (next.created_at - before.ended_at) / 100000 >= CASE next.attempt WHEN 2 THEN 1 ELSE 3 END
         FROM task_instance AS before JOIN task_instance AS next USING (task_id)
         WHERE next.attempt = before.attempt + 1 ORDER BY next.attempt",
    );
    assert_eq!(waits, "1\n1");
}

#[test]
fn a_signal_does_not_wait_for_a_delay_and_a_later_run_begins_at_once() {
    let state = State::new();
    for run in 1..=2 {
        let program = state.program("delayed");
        let sql = format!("SELECT id FROM task_instance WHERE workflow_run_id = {run} AND status = 'FAILED'");
        wait_for("a failed attempt", || state.look(&sql));
        signal(&program, Signal::INT);
        let said = String::from_utf8(program.wait_with_output().unwrap().stderr).unwrap();
        assert!(said.contains("stopped by SIGINT"), "{said}");
    }
    assert_eq!(state.query("SELECT status FROM task"), "CANCELLED");
    assert_eq!(state.query("SELECT attempt, status FROM task_instance ORDER BY id"), "1 FAILED\n2 FAILED");
}

/// The driver died before it could hear how the attempt ended; the keeper wrote it down.
#[test]
fn what_an_exit_code_says_is_read_by_the_next_run_too() {
    let state = State::new();
    state.fifo("fifo");
    let mut program = state.program("told");
    let pid = wait_for("the task", || state.lines("pid").pop());
    signal(&program, Signal::STOP);
    drop(state.open("fifo"));
    wait_for("the end of the task", || (!lives(&pid)).then_some(()));
    program.kill().unwrap();
    program.wait().unwrap();
    wait_for("the lock", || state.program("told").wait().unwrap().success().then_some(()));
    let attempts = state.query(
        "SELECT memory_bytes / 1048576, coalesce(kind, '-'), exit_code FROM task_instance
         JOIN task_resources ON task_resources.id = task_resources_id ORDER BY attempt",
    );
    assert_eq!(attempts, "64 OUT_OF_MEMORY 137\n96 - 0");
    let told = state.query("SELECT description FROM error_log");
    assert_eq!(told, "ran out of memory (exit 137): it had 64M");
}

#[test]
fn policies_that_contradict_themselves_are_told_by_check() {
    let mut wf = Tool::new("test").workflow("wrong").retry(RetryPolicy::new().jitter(true).exit(0, ExitMeaning::Retry));
    wf.add(ends("jitter", &[]));
    wf.add(ends("jitter too", &[]));
    let policy = RetryPolicy::new().delay(Duration::from_secs(20)).max_delay(Duration::from_secs(10));
    wf.add(Command::new("a").retry(policy.on([FailureKind::Exit]).at_most(FailureKind::Signal, 1)));
    insta::assert_snapshot!(wf.check().unwrap_err(), @"
    there are 4 mistakes in the workflow:
      tests/it/retries.rs:186:54: the retry policy of `wrong`: exit code 0: 0 is success, which needs no policy
      tests/it/retries.rs:187:8: the retry policy of `ends name=jitter`: `jitter` is said, but no `delay` that it could change
      tests/it/retries.rs:190:8: the retry policy of `a`: signal has a bound, but `on` leaves it out
      tests/it/retries.rs:190:8: the retry policy of `a`: the delay of 20s is longer than the `max_delay` of 10s
    ");
}
