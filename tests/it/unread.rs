//! Standard error that nobody reads: the work goes on, and what was said comes when somebody does.

use crate::support::{State, signal, wait_for};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::Signal;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

/// Blanks that fill a pipe, and what is read behind them.
struct Pipe {
    reader: File,
    filled: usize,
}

impl Pipe {
    /// Starts the test program with a full pipe as its standard error, one that blocks or one that does not.
    fn start(state: &State, what: &str, blocks: bool) -> (Child, Self) {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        fcntl_setpipe_size(&writer, 4096).unwrap();
        let flags = fcntl_getfl(&writer).unwrap();
        fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
        let mut writer = File::from(writer);
        let mut filled = 0;
        loop {
            match writer.write(&[b' '; 4096]) {
                Ok(written) => filled += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        if blocks {
            fcntl_setfl(&writer, flags).unwrap();
        }
        let mut program = Command::new(PROGRAM);
        program.arg(what).arg(state.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
        (program.spawn().unwrap(), Self { reader: reader.into(), filled })
    }

    /// All that was said.
    fn read(mut self) -> String {
        let mut text = String::new();
        self.reader.read_to_string(&mut text).unwrap();
        text.split_off(self.filled)
    }
}

fn ends(state: &State, as_: &str) {
    let sql = format!("SELECT 1 FROM workflow_run WHERE status = '{as_}'");
    wait_for("the end of the run", || state.look(&sql));
}

#[test]
fn tasks_go_on_and_the_last_words_come_when_somebody_reads() {
    for blocks in [true, false] {
        let state = State::new();
        let (mut program, pipe) = Pipe::start(&state, "three", blocks);
        ends(&state, "DONE");
        let said = pipe.read();
        assert_eq!(program.wait().unwrap().code(), Some(0));
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("jobmon: test/three: 3 tasks; "), "{said}");
        assert!(lines[lines.len() - 1].starts_with("jobmon: test/three: DONE in "), "{said}");
        assert!(said.ends_with(" s: 3 done\n"), "{said}");
    }
}

#[test]
fn term_is_obeyed() {
    let state = State::new();
    let (mut program, pipe) = Pipe::start(&state, "paused", true);
    wait_for("the task", || state.lines("ready").pop());
    signal(&program, Signal::TERM);
    ends(&state, "STOPPED");
    let said = pipe.read();
    assert_eq!(program.wait().unwrap().code(), Some(1));
    for words in ["SIGTERM: nothing new starts", "jobmon: test/paused: STOPPED in ", "it was stopped by SIGTERM"] {
        assert_eq!(said.matches(words).count(), 1, "{said}");
    }
}

#[test]
fn where_nobody_ever_reads_a_program_ends_all_the_same() {
    let state = State::new();
    let (mut program, pipe) = Pipe::start(&state, "three", true);
    assert_eq!(wait_for("the end of the program", || program.try_wait().unwrap()).code(), Some(0));
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 3");
    drop(pipe);
}

#[test]
fn full_disks_and_closed_files_stop_nothing() {
    for files in ["> /dev/full 2> /dev/full", "2> /dev/full", ">&- 2>&-", "2>&-", "<&- >&- 2>&-"] {
        let state = State::new();
        let script = format!("exec \"$0\" three \"$1\" {files}");
        let output = Command::new("sh").arg("-c").arg(script).arg(PROGRAM).arg(state.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{files}");
        assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 3", "{files}");
        let state = State::new();
        let script = format!("exec \"$0\" vanish \"$1\" {files}");
        std::fs::create_dir(state.join("there")).unwrap();
        let mut failing = Command::new("sh");
        failing.arg("-c").arg(script).arg(PROGRAM).arg(state.path()).current_dir(state.join("there"));
        assert_eq!(failing.output().unwrap().status.code(), Some(1), "{files}");
        assert_eq!(state.query("SELECT status FROM task ORDER BY id"), "DONE\nFAILED", "{files}");
    }
}

#[test]
fn a_reader_that_goes_after_the_first_line_stops_nothing() {
    let state = State::new();
    std::fs::write(state.join("go"), "").unwrap();
    let script = "\"$0\" steps \"$1\" 2>&1 | head -1; echo ${PIPESTATUS[0]}";
    let output = Command::new("bash").arg("-c").arg(script).arg(PROGRAM).arg(state.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("jobmon: test/steps: 120 tasks; ") && lines[1] == "0", "{said}");
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 120");
}
