//! Disks that are full, or fail.

use crate::signals::{hear, until};
use crate::support::{State, passed_over, signal, wait_for};
use rustix::process::Signal;
use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

/// A directory with the state in a directory below it, of which four tasks run.
struct Four {
    beside: State,
    program: Child,
    heard: BufReader<ChildStderr>,
}

impl Four {
    fn begin(beside: State) -> Self {
        let mut program = start(&beside);
        let heard = hear(&mut program);
        wait_for("four tasks run", || Some(()).filter(|()| count(&beside, "RUNNING") == Some(4)));
        Self { beside, program, heard }
    }

    /// Lets the tasks that run end.
    fn let_go(&self) -> File {
        let go = self.beside.open("go");
        wait_for("they end", || Some(()).filter(|()| self.beside.lines("ended").len() == 4));
        go
    }

    /// What the program said until its end, and its exit code.
    fn end(&mut self) -> (String, Option<i32>) {
        let mut said = String::new();
        self.heard.read_to_string(&mut said).unwrap();
        (said, self.program.wait().unwrap().code())
    }

    fn query(&self, sql: &str) -> String {
        State::query_of(&self.beside.join("state"), sql)
    }
}

impl Drop for Four {
    fn drop(&mut self) {
        // Where a test has failed.
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

/// A place for the state and for all that says what is to happen to it.
fn place() -> State {
    let beside = State::new();
    std::fs::create_dir(beside.join("state")).unwrap();
    beside.fifo("go");
    beside
}

fn start(beside: &State) -> Child {
    let mut program = Command::new(PROGRAM);
    program.arg("filled").arg(beside.join("state")).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn count(beside: &State, status: &str) -> Option<i64> {
    State::look_at(&beside.join("state"), &format!("SELECT count(*) FROM task WHERE status = '{status}'"))
}

const TASKS: &str = "SELECT task.name, task.status, count(task_instance.id) FROM task
    LEFT JOIN task_instance ON task_id = task.id AND task_instance.status = 'DONE' GROUP BY task.id ORDER BY task.id";

const ALL_DONE_ONCE: &str = "first id=0 DONE 1
first id=1 DONE 1
first id=2 DONE 1
first id=3 DONE 1
second id=0 DONE 1
second id=1 DONE 1
second id=2 DONE 1
second id=3 DONE 1";

/// A small file system in memory, mounted where a state directory is.
struct Mount(PathBuf);

impl Mount {
    /// `None`, with a word on the terminal, where this user may not mount.
    fn small(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(at).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            passed_over("no file system can be mounted here, which needs root");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Fills all of it by one file.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("fill");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("--lazy").arg(&self.0).status().unwrap();
        assert!(gone.success());
    }
}

#[test]
fn where_the_disk_is_full_a_run_waits_for_room_and_loses_nothing() {
    let beside = place();
    let Some(mount) = Mount::small(&beside.join("state")) else { return };
    let mut four = Four::begin(beside);
    let fill = mount.fill();
    let _go = four.let_go();
    let told = until(&mut four.heard, "cannot be written");
    let told = told.lines().last().unwrap().replace(&four.beside.path().display().to_string(), "");
    insta::assert_snapshot!(told, @"jobmon: the state file /state/jobmon.db cannot be written: its disk is full (0B of 2M free). Nothing new starts, the running tasks go on, and what happens is written as soon as there is room: make some, or end the run by Ctrl-C");
    // What is on record is what was there before, and whoever wants to may read it.
    assert_eq!(count(&four.beside, "RUNNING"), Some(4));
    assert_eq!(count(&four.beside, "DONE"), Some(0));
    std::fs::remove_file(fill).unwrap();
    until(&mut four.heard, "the state file can be written again: the run goes on");
    let (said, code) = four.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(four.query(TASKS), ALL_DONE_ONCE);
    assert_eq!(four.query("SELECT count(*) FROM task_instance"), "8");
    drop(four);
    drop(mount);
}

#[test]
fn a_run_whose_disk_is_full_can_be_ended_and_goes_on_when_there_is_room() {
    let beside = place();
    let Some(mount) = Mount::small(&beside.join("state")) else { return };
    let mut four = Four::begin(beside);
    let fill = mount.fill();
    let go = four.let_go();
    until(&mut four.heard, "cannot be written");
    signal(&four.program, Signal::INT);
    let (said, code) = four.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("make room, then start the program again"), "{said}");
    std::fs::remove_file(fill).unwrap();
    let again = start(&four.beside).wait_with_output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(four.query(TASKS), ALL_DONE_ONCE);
    drop((go, four));
    drop(mount);
}

const EIO: &str = "5";
const EFBIG: &str = "27";
const EROFS: &str = "30";
const EDQUOT: &str = "122";

fn fail(beside: &State, with: &str) {
    let new = beside.join("fault.new");
    std::fs::write(&new, with).unwrap();
    std::fs::rename(new, beside.join("fault")).unwrap();
}

#[test]
fn where_the_quota_is_used_up_a_run_waits_as_well() {
    let mut four = Four::begin(place());
    fail(&four.beside, EDQUOT);
    let _go = four.let_go();
    let told = until(&mut four.heard, "cannot be written");
    let told = told.lines().last().unwrap().replace(&four.beside.path().display().to_string(), "");
    insta::assert_snapshot!(told, @"jobmon: the state file /state/jobmon.db cannot be written: your disk quota is used up (`quota -s` shows it). Nothing new starts, the running tasks go on, and what happens is written as soon as there is room: make some, or end the run by Ctrl-C");
    assert_eq!(count(&four.beside, "RUNNING"), Some(4));
    std::fs::remove_file(four.beside.join("fault")).unwrap();
    until(&mut four.heard, "the state file can be written again: the run goes on");
    let (said, code) = four.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(four.query(TASKS), ALL_DONE_ONCE);
    assert_eq!(four.query("SELECT count(*) FROM task_instance"), "8");
}

/// The keeper's own file is written where there is room: what ended meanwhile is done.
#[test]
fn what_a_run_that_was_ended_could_not_write_the_next_one_takes_in() {
    let mut four = Four::begin(place());
    fail(&four.beside, EDQUOT);
    let go = four.let_go();
    until(&mut four.heard, "cannot be written");
    signal(&four.program, Signal::INT);
    let (said, code) = four.end();
    assert_eq!(code, Some(1), "{said}");
    std::fs::remove_file(four.beside.join("fault")).unwrap();
    let again = start(&four.beside).wait_with_output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(four.query(TASKS), ALL_DONE_ONCE);
    assert_eq!(four.beside.lines("began").len(), 4, "none began anew");
    drop(go);
}

/// Other errors do not go away: the run ends with what is wrong and what to do.
#[test]
fn where_the_disk_fails_a_run_ends_and_says_why() {
    let told = [EIO, EFBIG, EROFS].map(|error| {
        let mut four = Four::begin(place());
        fail(&four.beside, error);
        let go = four.let_go();
        let (said, code) = four.end();
        assert_eq!(code, Some(1), "{said}");
        std::fs::remove_file(four.beside.join("fault")).unwrap();
        let again = start(&four.beside).wait_with_output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(four.query(TASKS), ALL_DONE_ONCE);
        drop(go);
        let error = said.lines().skip_while(|line| !line.starts_with("Error: ")).collect::<Vec<_>>().join("\n");
        error.replace(&four.beside.path().display().to_string(), "")
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    Error: cannot record what happened in the state file /state/jobmon.db: its disk fails; see what `dmesg` says of it, and copy the state directory to another disk
      caused by: Input/output error (os error 5)
    Error: cannot record what happened in the state file /state/jobmon.db, which may not grow: look at `ulimit -f` and at how large files its file system takes
      caused by: File too large (os error 27)
    Error: cannot record what happened in the state file /state/jobmon.db: its disk fails; see what `dmesg` says of it, and copy the state directory to another disk
      caused by: Read-only file system (os error 30)
    ");
}

/// A deleted file takes all that is written and keeps nothing, and a second start would find no lock.
#[test]
fn a_run_whose_state_is_deleted_ends_and_says_so() {
    for whole in [false, true] {
        let mut four = Four::begin(place());
        let state = four.beside.join("state");
        if whole { std::fs::remove_dir_all(&state) } else { std::fs::remove_file(state.join("jobmon.db")) }.unwrap();
        let go = four.let_go();
        let (said, code) = four.end();
        assert_eq!(code, Some(1), "{said}");
        let gone = "/jobmon.db: while the run used it, somebody moved, replaced or deleted it; put it back";
        assert!(said.lines().any(|line| line.starts_with("Error: ") && line.contains(gone)), "{said}");
        assert_eq!(four.beside.lines("began").len(), 4, "nothing new was started");
        drop(go);
    }
}

/// A limit on how large files may become is not waited for: nobody knows of it. Where the program does not ignore its signal,
/// that kills it.
#[test]
fn a_run_whose_files_may_not_grow_ends_and_goes_on_without_the_limit() {
    for ignored in [true, false] {
        let beside = place();
        let mut program = Command::new("sh");
        let trap = if ignored { "trap '' XFSZ; " } else { "" };
        program.arg("-c").arg(format!("{trap}exec {PROGRAM} filled $0")).arg(beside.join("state"));
        let mut program = program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("four tasks run", || Some(()).filter(|()| count(&beside, "RUNNING") == Some(4)));
        let limit = std::fs::metadata(beside.join("state/jobmon.db-wal")).unwrap().len();
        let pid = program.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}:")]).status().unwrap();
        assert!(set.success());
        let go = beside.open("go");
        let mut said = String::new();
        program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let ended = program.wait().unwrap();
        if ignored {
            assert_eq!(ended.code(), Some(1), "{said}");
            assert!(said.contains("which may not grow: look at `ulimit -f`"), "{said}");
        } else {
            assert_eq!(ended.signal(), Some(Signal::XFSZ.as_raw()), "{said}");
        }
        let again = start(&beside).wait_with_output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(State::query_of(&beside.join("state"), TASKS), ALL_DONE_ONCE);
        drop(go);
    }
}
