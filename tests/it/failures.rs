//! What fails, and what follows.

use crate::support::State;
use jobmon::prelude::*;

fn attempts(state: &State) -> String {
    state.query(
        "SELECT task.name, task.status, attempt, task_instance.status, kind, exit_code, signal FROM task
         LEFT JOIN task_instance ON task_id = task.id ORDER BY task.id, attempt",
    )
}

#[test]
fn a_failure_is_tried_again_and_then_skips_what_needs_it() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("retry");
    let script = "test $JOBMON_ATTEMPT -ge 3 || { echo not yet >&2; exit 7; }";
    let slow = wf.add(Command::new("sh").arg("-c").arg(script).name("third time lucky"));
    let bad = wf.add(Command::new("sh").arg("-c").arg("echo why >&2; kill -9 $$").name("bad").max_attempts(2));
    let after = wf.add(Command::new("true").node_arg("id", 1).name("after bad").upstream(bad));
    wf.add(Command::new("true").node_arg("id", 2).name("far after").upstream(after));
    wf.add(Command::new("true").node_arg("id", 3).name("goes on").upstream(slow));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed, run.skipped), (2, 1, 2));
    insta::assert_snapshot!(attempts(&state), @r"
    third time lucky DONE 1 FAILED EXIT 7 -
    third time lucky DONE 2 FAILED EXIT 7 -
    third time lucky DONE 3 DONE - 0 -
    bad FAILED 1 FAILED SIGNAL - 9
    bad FAILED 2 FAILED SIGNAL - 9
    after bad SKIPPED - - - - -
    far after SKIPPED - - - - -
    goes on DONE 1 DONE - 0 -
    ");
    assert_eq!(state.query("SELECT skipped_because FROM task WHERE status = 'SKIPPED'"), "2\n2");
    assert_eq!(
        state.query("SELECT DISTINCT description FROM error_log JOIN task_instance ON task_instance.id = task_instance_id WHERE task_id = 2"),
        "was ended by signal 9 (SIGKILL)"
    );
    let [group] = run.errors().groups.as_slice() else { panic!("{:?}", run.errors()) };
    assert_eq!((&*group.example.name, group.example.attempts, group.skipped.count), ("bad", 2, 2));
}

#[test]
fn what_cannot_be_started_fails_at_once_and_says_why() {
    let state = State::new();
    let script = state.join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let plain = state.join("plain");
    std::fs::write(&plain, "text").unwrap();
    executable(&script);
    let mut wf = Tool::new("test").workflow("unstartable");
    wf.add(Command::new("no-such-program-anywhere").name("nowhere").env("PATH", "/no/bin:/usr/bin"));
    wf.add(Command::new("/no/such/path").name("no path"));
    wf.add(Command::new(script).name("no interpreter"));
    wf.add(Command::new(plain).name("not executable"));
    wf.add(Command::new("true").name("no directory").current_dir("/no/such/directory"));
    wf.add(Command::new("true").arg("x".repeat(200 * 1024)).name("too long"));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (0, 6));
    let told = state.query(
        "SELECT task.name, count(DISTINCT attempt), kind, group_concat(description) FROM task
         JOIN task_instance ON task_id = task.id JOIN error_log ON task_instance_id = task_instance.id
         GROUP BY task.id ORDER BY task.id",
    );
    insta::assert_snapshot!(told.replace(&state.path().display().to_string(), "STATE"), @"
    nowhere 1 START_FAILED could not be started: program `no-such-program-anywhere` not found in PATH (/no/bin:/usr/bin)
    no path 1 START_FAILED could not be started: cannot start /no/such/path: there is no such file
    no interpreter 1 START_FAILED could not be started: cannot start STATE/script: its interpreter /no/such/interpreter does not exist
    not executable 1 START_FAILED could not be started: cannot start STATE/plain: it is not executable; try `chmod +x`
    no directory 1 START_FAILED could not be started: the directory to start in does not exist: /no/such/directory
    too long 1 START_FAILED could not be started: cannot start /usr/bin/true: the argument list is too long: one argument or variable has 204801 bytes, the limit is 131072 (128 KiB); hand such text over in a file
    ");
}

fn executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
