//! What a task finds: arguments, environment, directory, session, descriptors, signals.

use super::rig::Rig;
use crate::config::Environment;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn values_arrive_byte_for_byte() {
    let mut rig = Rig::new(1).await;
    let long = "0123456789".repeat(10_000);
    let values = ["x; rm -rf / $(boom) 'q\" *", "two\nlines\n", "", "Ünïcödé 漢字 🦀", "-n", "\\0 %s", &long, " "];
    let mut argv = vec!["/usr/bin/printf", "%s\\0"];
    argv.extend(values);
    let launch = rig.order(&argv);
    let output = rig.output(launch).await;
    let arrived: Vec<&[u8]> = output.strip_suffix(b"\0").unwrap().split(|byte| *byte == 0).collect();
    assert_eq!(arrived, values.map(str::as_bytes));
    rig.close().await;
}

#[tokio::test]
async fn the_environment_is_the_inherited_one_with_the_orders_over_it() {
    let mut rig = Rig::new(1).await;
    let mut launch = rig.order(&["/usr/bin/env", "-0"]);
    let over = [("A", "1"), ("HOME", "/else where"), ("A", "two\nlines = 2"), ("EMPTY", "")];
    launch.env.extend(over.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let output = String::from_utf8(rig.output(launch).await).unwrap();
    let variables: Vec<&str> = output.split_terminator('\0').collect();
    let all = |name: &str| variables.iter().filter(|variable| variable.starts_with(name)).copied().collect::<Vec<_>>();
    assert_eq!(all("A="), ["A=two\nlines = 2"]);
    assert_eq!(all("HOME="), ["HOME=/else where"]);
    assert_eq!(all("EMPTY="), ["EMPTY="]);
    assert_eq!(all("JOBMON_RUN_TOKEN="), [format!("JOBMON_RUN_TOKEN={}", rig.token)]);
    let inherited =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let inherited: Vec<String> = inherited
        .filter(|(name, _)| !["A", "HOME", "EMPTY"].contains(&name.as_str()))
        // A driver that is itself a task does not hand its own ones on.
        .filter(|(name, _)| !Environment::OF_TASKS.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert!(inherited.iter().any(|variable| variable.starts_with("PATH=")));
    for variable in inherited {
        assert!(variables.contains(&variable.as_str()), "{variable} was not inherited");
    }
    rig.close().await;
}

#[tokio::test]
async fn programs_are_looked_for_where_the_task_is() {
    let mut rig = Rig::new(1).await;
    let there = rig.path("there");
    fs::create_dir_all(there.join("bin")).unwrap();
    for (place, says) in [("tool", "beside"), ("bin/tool", "in PATH")] {
        fs::write(there.join(place), format!("#!/bin/sh\necho {says} $0\n")).unwrap();
        fs::set_permissions(there.join(place), fs::Permissions::from_mode(0o755)).unwrap();
    }
    // One that cannot be started hides none that can.
    fs::create_dir_all(there.join("other/tool")).unwrap();
    for (program, path, says) in [
        ("tool", "other:bin:/usr/bin", "in PATH"),
        ("./tool", "/usr/bin", "beside"),
        ("bin/tool", "/usr/bin", "in PATH"),
        ("tool", ":/usr/bin", "beside"),
    ] {
        let mut launch = rig.order(&[program]);
        launch.directory.clone_from(&there);
        launch.env.push(("PATH".to_owned(), path.to_owned()));
        let output = String::from_utf8(rig.output(launch).await).unwrap();
        assert!(output.starts_with(says), "{program} in {path}: {output}");
    }
    rig.close().await;
}

#[tokio::test]
async fn directory_session_and_standard_input_are_its_own() {
    let mut rig = Rig::new(1).await;
    let mut launch = rig.order(&["/bin/pwd", "-P"]);
    launch.directory = rig.path("ein Ort\n");
    fs::create_dir(&launch.directory).unwrap();
    let expected = format!("{}\n", fs::canonicalize(&launch.directory).unwrap().display());
    assert_eq!(String::from_utf8(rig.output(launch).await).unwrap(), expected);

    let launch = rig.order(&["/bin/cat", "/proc/self/stat"]);
    let output = String::from_utf8(rig.output(launch).await).unwrap();
    let fields: Vec<&str> = output.split(' ').collect();
    let (pid, group, session, terminal) = (fields[0], fields[4], fields[5], fields[6]);
    assert_eq!([group, session, terminal], [pid, pid, "0"]);

    let launch = rig.shell("cat; readlink /proc/$$/fd/0");
    assert_eq!(rig.output(launch).await, b"/dev/null\n");
    rig.close().await;
}

#[tokio::test]
async fn no_descriptor_leaks_into_a_task() {
    let mut rig = Rig::new(2).await;
    let held = rig.shell("sleep 1000");
    let held = rig.start(held);
    rig.started(held).await;
    let launch = rig.shell("ls /proc/$$/fd; ls -l /proc/$$/fd | grep -c lease >&2");
    let attempt = launch.attempt;
    let mut fails_in_grep = launch;
    fails_in_grep.argv[2].push_str("; true");
    assert_eq!(rig.output(fails_in_grep).await, b"0\n1\n2\n");
    assert_eq!(rig.log(attempt, crate::model::Stream::Err), "0\n");
    rig.cancel(&[held], crate::model::Cancel::Now);
    rig.end(held).await;
    rig.close().await;
}

#[tokio::test]
async fn no_signal_is_blocked_or_ignored() {
    let mut rig = Rig::new(1).await;
    let launch = rig.order(&["/bin/cat", "/proc/self/status"]);
    let output = String::from_utf8(rig.output(launch).await).unwrap();
    let none = "0".repeat(16);
    let signals: Vec<&str> =
        output.lines().filter(|line| line.starts_with("Sig") && !line.starts_with("SigQ")).collect();
    assert_eq!(signals, ["SigPnd", "SigBlk", "SigIgn", "SigCgt"].map(|kind| format!("{kind}:\t{none}")));
    rig.close().await;
}

#[test]
fn the_word_alone_makes_no_keeper() {
    // Neither what is no socket, nor what is not open, nor a missing number: the program starts as ever.
    for numbers in [&["0", "0"][..], &["77", "78"], &["x", "y"], &[]] {
        #[expect(clippy::disallowed_methods, reason = "this program, as somebody might start it by hand")]
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .arg(crate::exec::local::keeper::WORD.to_str().unwrap())
            .args(numbers)
            .arg("--exact")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("running "), "the harness has started");
    }
}
