//! What uses memory and processor time, for tests of what is measured.

use crate::options;
use jobmon::prelude::*;
use jobmon::units::Memory;
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

/// Memory that is there: each page was written to.
fn touched(megabytes: usize) -> Vec<u8> {
    black_box(vec![1; megabytes * 1_000_000])
}

/// A driver that holds 500 MB, whose only task holds next to nothing.
pub(crate) fn heavy(state: &Path) -> jobmon::Result<()> {
    let held = touched(500);
    let mut wf = Tool::new("test").workflow("heavy");
    let task = wf.add(Command::new("/bin/true"));
    let run = wf.run(options(state))?;
    println!("{}", run.usage_of(task).expect("it ran").memory);
    drop(black_box(held));
    run.ok()
}

/// A task that holds 100 MB, says so in the file `ready`, and waits until somebody writes to the fifo `go`.
pub(crate) fn hold(here: &Path) {
    let held = touched(100);
    let ready = OpenOptions::new().create(true).append(true).open(here.join("ready"));
    ready.and_then(|mut ready| ready.write_all(b"ready\n")).expect("the directory can be written to");
    File::open(here.join("go")).expect("there is a fifo");
    drop(black_box(held));
}

/// A task that needs 200 MiB: with less it takes a fifth more than it was granted, and waits for what comes of that.
pub(crate) fn need() {
    let granted: usize =
        std::env::var("JOBMON_MEMORY_BYTES").expect("it was granted some").parse().expect("it is a number");
    if granted < 200 << 20 {
        let held = black_box(vec![1_u8; granted / 5 * 6]);
        loop {
            std::thread::park();
            black_box(&held);
        }
    }
}

/// A task that needs 200 MiB where there are 120.
pub(crate) fn all(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("all");
    let program = std::env::current_exe().expect("Linux tells it").to_string_lossy().into_owned();
    wf.add(Command::new(program).arg("need").arg("-").memory("100M").max_attempts(9));
    wf.run(options(state).memory(Memory::from_bytes(120 << 20)))?.ok()
}

/// A task that needs more time than its queue and that one's fallback give, which `site.toml` says.
pub(crate) fn most(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("most").queue("short").config(state.join("site.toml"));
    wf.add(Command::new("sleep").arg("3600").runtime("1s").max_attempts(9));
    wf.run(options(state))?.ok()
}

/// A task that uses one second of processor time, and then lets those go on who wait at the fifo `burnt`.
pub(crate) fn burn(here: &Path) {
    // In ticks, of which Linux shows 100 a second to everybody.
    let used = || -> u64 {
        let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells it");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("it ends somehow").split_ascii_whitespace().collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("it is a number")).sum()
    };
    while used() <= 100 {
        for number in 0..100_000_u64 {
            black_box(number);
        }
    }
    if let Ok(burnt) = OpenOptions::new().write(true).open(here.join("burnt")) {
        drop(burnt);
    }
}
