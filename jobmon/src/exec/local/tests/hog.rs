//! A program that takes memory: this test program itself, started by an attempt to do what a variable says.

use super::rig::Rig;
use crate::exec::local::unix;
use crate::model::Launch;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use std::fs;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// The variable that holds the steps.
const STEPS: &str = "JOBMON_TEST_HOG";

const MIB: usize = 1 << 20;

/// The file in which `grow` counts the MiB that it takes.
pub(super) const GROWN: &str = "grown";

/// An order for one that takes these steps.
pub(super) fn hog(rig: &mut Rig, steps: &str) -> Launch {
    let program = std::env::current_exe().unwrap();
    let mut launch =
        rig.order(&[program.to_str().unwrap(), "--ignored", "--exact", "exec::local::tests::hog::program"]);
    launch.env.push((STEPS.to_owned(), steps.to_owned()));
    launch
}

/// The same as words of a shell's script.
pub(super) fn hog_in_shell(steps: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!("{STEPS}='{steps}' {} --ignored --exact exec::local::tests::hog::program", program.display())
}

#[test]
#[ignore = "it is the program that other tests start as a task"]
fn program() {
    #[expect(clippy::disallowed_methods, reason = "how the test that starts it says what to do")]
    let steps = std::env::var(STEPS).expect("steps to take");
    let (mut held, mut children): (Vec<Vec<u8>>, Vec<Pid>) = (Vec::new(), Vec::new());
    for step in steps.split("; ") {
        let (word, count) = step.split_once(' ').unwrap_or((step, "0"));
        let count: usize = count.parse().unwrap();
        match word {
            "take" => held.push(black_box(vec![1; count * MIB])),
            "grow" => grow(&mut held, count),
            // Each child has all that is held, as long as nobody changes it.
            "fork" => children.extend((0..count).map(|_| unix::fork(&[], rest).unwrap())),
            "stop" => kill_process(getpid(), Signal::STOP).unwrap(),
            "rest" => _ = rest(),
            _ => panic!("`{step}` is no step"),
        }
    }
    for child in children {
        kill_process(child, Signal::KILL).unwrap();
        waitpid(Some(child), WaitOptions::empty()).unwrap();
    }
    drop(black_box(held));
}

/// Takes one MiB after another, each in no less than the 1024th part of a second, and notes how many.
fn grow(held: &mut Vec<Vec<u8>>, count: usize) {
    let file = fs::File::create(GROWN).unwrap();
    for taken in 1..=count {
        #[expect(clippy::disallowed_methods, reason = "a speed is kept to")]
        let began = std::time::Instant::now();
        file.write_at(format!("{taken:9}").as_bytes(), 0).unwrap();
        held.push(black_box(vec![1; MIB]));
        while began.elapsed() < Duration::from_secs(1) / 1024 {
            std::hint::spin_loop();
        }
    }
}

/// Waits to be ended.
fn rest() -> u8 {
    loop {
        std::thread::park();
    }
}
