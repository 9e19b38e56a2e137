//! A session at a terminal: what a person sees, types and is left with.

use crate::last_words::redacted;
use crate::support::{State, lives, wait_for};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The test program at a terminal of its own.
struct Session {
    program: Child,
    path: String,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// All that was sent to the terminal.
    sent: Vec<u8>,
    screen: vt100::Parser,
    begun: Instant,
}

impl Session {
    fn start(state: &State, what: &str, (rows, columns): (u16, u16), variables: &[(&str, &str)]) -> Self {
        let (keyboard, path) = terminal((rows, columns));
        let open = || File::options().read(true).write(true).open(&path).unwrap();
        let begun = Instant::now();
        // It makes the terminal the one of the program's session, so that Ctrl-C is a signal.
        let mut program = Command::new("setsid");
        program.args(["--ctty", env!("CARGO_BIN_EXE_jobmon-test-program"), what]).arg(state.path());
        program.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
        program.stdin(open()).stdout(open()).stderr(open());
        let program = program.spawn().unwrap();
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // When the last process has closed its end there is an error.
            while let Ok(read) = screen.read(&mut bytes) {
                if read == 0 || sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let screen = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { program, path, keyboard, output, sent: Vec::new(), screen, begun }
    }

    /// What is on the screen when `is_there` says that it is what the test waits for.
    fn see(&mut self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        wait_for(what, || {
            while let Ok(bytes) = self.output.try_recv() {
                self.screen.process(&bytes);
                self.sent.extend(bytes);
            }
            // A frame is seen when it is complete: what it ends with has come.
            let contents = self.screen.screen().contents();
            (self.sent.ends_with(b"\x1b[J") && is_there(&contents)).then_some(contents)
        })
    }

    fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    fn resize(&mut self, (rows, columns): (u16, u16)) {
        self.screen.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        resize(&self.keyboard, (rows, columns));
    }

    /// The end: the code, what is on the screen, all that was sent, and how long it took.
    fn end(mut self) -> (Option<i32>, String, String, Duration) {
        let code = wait_for("the end of the program", || self.program.try_wait().unwrap()).code();
        while let Ok(bytes) = self.output.recv() {
            self.screen.process(&bytes);
            self.sent.extend(bytes);
        }
        (code, self.screen.screen().contents(), String::from_utf8(self.sent).unwrap(), self.begun.elapsed())
    }
}

/// A new terminal, of which this is the end that a person has, and the path of the other one.
pub(crate) fn terminal(size: (u16, u16)) -> (File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    resize(&master, size);
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (File::from(master), path)
}

fn resize(terminal: impl std::os::fd::AsFd, (rows, columns): (u16, u16)) {
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

/// What is seen, without what differs from run to run: times, and what is reckoned from them.
fn seen(state: &State, contents: &str) -> String {
    let contents = redacted(state, contents);
    let lines = contents.lines().map(|line| line.split_once("  after ").map_or(line, |(before, _)| before));
    lines.collect::<Vec<_>>().join("\n")
}

const USUAL: (u16, u16) = (24, 80);

fn is_running(contents: &str) -> bool {
    contents.contains("1 running  after")
}

#[test]
fn bars_are_drawn_anew_and_in_the_end_only_what_was_said_is_left() {
    let state = State::new();
    let mut session = Session::start(&state, "paused", USUAL, &[]);
    insta::assert_snapshot!(seen(&state, &session.see("the bars", is_running)), @"
    jobmon: test/paused: 2 tasks; the state is in STATE
    part        [>>>>>>>>>] 0/1  1 running
    sum         [---------] 0/1
    test/paused [>>>>-----] 0/2  1 running
    ");
    session.see("the time that goes on", |contents| is_running(contents) && !contents.contains("after 0s"));
    let _go = state.open("go");
    let (code, contents, sent, _) = session.end();
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(seen(&state, &contents), @"
    jobmon: test/paused: 2 tasks; the state is in STATE
    jobmon: test/paused: DONE in TIME: 2 done
    DONE in TIME: 2 done
    ");
    assert!(sent.ends_with('\n'), "the cursor is where a prompt belongs");
}

#[test]
fn lines_fit_a_terminal_that_becomes_narrower_and_wider() {
    let state = State::new();
    let mut session = Session::start(&state, "paused", USUAL, &[]);
    session.see("the bars", is_running);
    session.resize((24, 46));
    // There is no place for bars, and the old ones are gone.
    let contents = session.see("narrow lines", |contents| is_running(contents) && !contents.contains('['));
    assert!(contents.lines().skip(1).all(|line| line.chars().count() < 46), "{contents}");
    session.resize((24, 140));
    let contents = session.see("wide lines", |contents| contents.contains(&format!("[{}]", "-".repeat(17))));
    insta::assert_snapshot!(seen(&state, &contents), @"
    part        [>>>>>>>>>>>>>>>>>] 0/1  1 running
    sum         [-----------------] 0/1
    test/paused [>>>>>>>>---------] 0/2  1 running
    ");
    let _go = state.open("go");
    assert_eq!(session.end().0, Some(0));
}

#[test]
fn of_forty_templates_the_active_ones_are_shown() {
    let state = State::new();
    let mut session = Session::start(&state, "steps", USUAL, &[]);
    let contents = session.see("the fifth step", |contents| contents.contains(" 12/120  3 running  after"));
    insta::assert_snapshot!(seen(&state, &contents), @"
    jobmon: test/steps: 120 tasks; the state is in STATE
    step_4     [>>>>>>>>>]    0/3  3 running
    step_5     [---------]    0/3
    step_6     [---------]    0/3
    step_7     [---------]    0/3
    step_8     [---------]    0/3
    step_9     [---------]    0/3
    step_10    [---------]    0/3
    step_11    [---------]    0/3
    step_12    [---------]    0/3
    step_13    [---------]    0/3
    .. and 30 more templates, 4 of them complete
    test/steps [#>-------] 12/120  3 running
    ");
    let _go = state.open("go");
    assert_eq!(session.end().0, Some(0));
}

#[test]
fn no_more_than_ten_drawings_a_second() {
    let state = State::new();
    let (code, contents, sent, time) = Session::start(&state, "kinds", USUAL, &[]).end();
    assert_eq!(code, Some(1));
    let drawings = sent.matches("\x1b[J").count();
    // One at the begin, and one for the last words.
    let most = u128::try_from(drawings).unwrap().saturating_sub(2) * 100;
    assert!(most <= time.as_millis(), "{drawings} drawings in {time:?}");
    assert!(drawings > 2, "{drawings} drawings");
    assert!(contents.contains("started again with"), "{contents}");
}

#[test]
fn ctrl_c_once_ends_the_tasks_and_says_what_a_second_does() {
    let state = State::new();
    let mut session = Session::start(&state, "paused", USUAL, &[]);
    session.see("the bars", is_running);
    session.press(b"\x03");
    let (code, contents, _, _) = session.end();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(seen(&state, &contents), @"
    jobmon: test/paused: 2 tasks; the state is in STATE
    jobmon: SIGINT: nothing new starts, the running tasks are ended; once more to end them at once
    jobmon: test/paused: STOPPED in TIME: 0 done, 2 cancelled
    STOPPED in TIME: 0 done, 2 cancelled
    Error: not all tasks are done: STOPPED in TIME: 0 done, 2 cancelled; it was stopped by SIGINT
    started again with `RunOptions::resume(true)`, it goes on with what is not done
    ");
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let state = State::new();
    let mut session = Session::start(&state, "forever", USUAL, &[]);
    // They take no notice of TERM, and their grace is an hour.
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    session.press(b"\x03");
    session.see("what a second one does", |contents| contents.contains("once more to end them at once"));
    session.press(b"\x03");
    let (code, contents, _, _) = session.end();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(seen(&state, &contents), @"
    jobmon: test/forever: 3 tasks; the state is in STATE
    jobmon: SIGINT: nothing new starts, the running tasks are ended; once more to end them at once
    jobmon: SIGINT again: ending the running tasks at once
    jobmon: test/forever: STOPPED in TIME: 0 done, 3 cancelled
    STOPPED in TIME: 0 done, 3 cancelled
    Error: not all tasks are done: STOPPED in TIME: 0 done, 3 cancelled; it was stopped by SIGINT
    started again with `RunOptions::resume(true)`, it goes on with what is not done
    ");
    let pids = [state.lines("task0.pids"), state.lines("task1.pids")].concat();
    assert!(pids.len() > 1 && !pids.iter().any(|pid| lives(pid)), "{pids:?}");
}

#[test]
fn sigterm_and_a_panic_leave_the_terminal_clean() {
    let state = State::new();
    let mut session = Session::start(&state, "paused", USUAL, &[]);
    session.see("the bars", is_running);
    crate::support::signal(&session.program, rustix::process::Signal::TERM);
    let (_, contents, sent, _) = session.end();
    assert!(!contents.contains('['), "{contents}");
    assert!(sent.ends_with('\n'), "{sent:?}");

    let state = State::new();
    let mut session = Session::start(&state, "panics", USUAL, &[]);
    session.see("the bars", is_running);
    std::fs::write(state.join("panic"), "").unwrap();
    let (code, contents, sent, _) = session.end();
    assert_eq!(code, Some(101));
    // What it said stands on lines of its own, below the bars.
    assert!(contents.lines().any(|line| line == "a mistake of the program"), "{contents}");
    assert!(sent.ends_with('\n'), "{sent:?}");
    let lease = File::open(state.join("runs/1/lease")).unwrap();
    wait_for("the end of the keeper", || lease.try_lock().ok());
}

#[test]
fn ctrl_s_stops_the_terminal_and_not_the_run() {
    let state = State::new();
    let mut session = Session::start(&state, "paused", USUAL, &[]);
    session.see("the bars", is_running);
    session.press(b"\x13");
    let terminal = File::options()
        .write(true)
        .custom_flags(rustix::fs::OFlags::NOCTTY.bits().cast_signed())
        .open(&session.path)
        .unwrap();
    wait_for("the terminal is stopped", || {
        let mut writable = [PollFd::new(&terminal, PollFlags::OUT)];
        poll(&mut writable, Some(&Timespec::default())).unwrap();
        (!writable[0].revents().contains(PollFlags::OUT)).then_some(())
    });
    drop(terminal);
    let _go = state.open("go");
    wait_for("the end of the run", || state.look("SELECT 1 FROM workflow_run WHERE status = 'DONE'"));
    session.press(b"\x11");
    let (code, contents, _, _) = session.end();
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(seen(&state, &contents), @"
    jobmon: test/paused: 2 tasks; the state is in STATE
    jobmon: test/paused: DONE in TIME: 2 done
    DONE in TIME: 2 done
    ");
}

#[test]
fn where_nothing_may_be_drawn_there_are_plain_lines() {
    for variables in [&[("NO_COLOR", "1")], &[("TERM", "dumb")]] {
        let state = State::new();
        let (code, contents, sent, _) = Session::start(&state, "well", USUAL, variables).end();
        assert_eq!(code, Some(0));
        assert!(!sent.contains('\x1b'), "{sent:?}");
        assert!(contents.starts_with("jobmon: test/well: 3 tasks; the state is in "), "{contents}");
    }
}
