//! All mistakes of a workflow at once. The snapshot holds line numbers of this file, so it holds nothing else.

use jobmon::prelude::*;

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let mut wf = Tool::new("test").workflow("mistakes");
    let mut other = Tool::new("test").workflow("other");
    let foreign = other.add(Command::new("true"));
    wf.add(Command::new("true").node_arg("id", 1));
    wf.add(Command::new("true").node_arg("id", 1));
    let a = wf.add(Command::new("true").node_arg("id", 2).name("a").memory("8").runtime("soon"));
    let b = wf.add(Command::new("true").node_arg("id", 3).name("b").upstream(a).max_attempts(0));
    wf.add(Command::new("true").node_arg("id", 4).name("b").upstream(foreign));
    wf.add_upstream(a, b);
    let set = wf.add_all((10..12).map(|id| Command::new("true").node_arg("id", id)));
    let lost = set.one(|_| false);
    wf.add(Command::new("true").node_arg("id", 5).upstream(lost));
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes(b"not \xff utf-8");
    wf.add(Command::new("cat").arg(std::path::Path::new::<std::ffi::OsStr>(bytes)));
    let told = wf.check().unwrap_err().to_string();
    insta::assert_snapshot!(told, @r#"
    there are 9 mistakes in the workflow:
      tests/it/mistakes.rs:11:8: `command id=1` has the same node arguments as the task added at tests/it/mistakes.rs:10:8; a node argument tells a task from its siblings: give one of them another, or add the task once
      tests/it/mistakes.rs:12:16: the memory of `a`: `8` has no unit; write it as "8G", "512M" or "1.5 GiB"
      tests/it/mistakes.rs:12:16: the run time of `a`: `soon` is no time; write it as "90m", "1h30m" or "01:30:00"
      tests/it/mistakes.rs:13:16: `b` has 0 attempts, so it would never run; 1 runs it once
      tests/it/mistakes.rs:13:16: a cycle: b -> a -> b
      tests/it/mistakes.rs:14:8: an upstream of `b` is a task of another workflow
      tests/it/mistakes.rs:14:8: a task named `b` was added at tests/it/mistakes.rs:13:16 already; names must differ
      tests/it/mistakes.rs:17:20: none of the 2 tasks matches, where one was to be found
      tests/it/mistakes.rs:20:8: `argv` of `cat ''`: the path "not � utf-8" is not UTF-8
    "#);
    let told = Tool::new("test").workflow("empty").check().unwrap_err().to_string();
    insta::assert_snapshot!(told, @"
    there is a mistake in the workflow:
      the workflow has no task; add one with `add` or `add_all`
    ");
}

#[test]
fn names_without_control_characters() {
    let mut wf = Tool::new("a\0b").workflow("x/../y\n").args("\u{7}").attribute("", 1);
    wf.add(Command::new("true").template("b\tc").node_arg("", 1).name("t").attribute("d\n", 2));
    let told = wf.check().unwrap_err().to_string();
    let told: Vec<&str> = told.lines().skip(1).map(str::trim).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    the name of the tool "a\0b" holds a control character
    the name of the workflow "x/../y\n" holds a control character
    the workflow's `args` "\u{7}" holds a control character
    the workflow's attribute "" is empty; give it a name
    the name of the template "b\tc" holds a control character
    the name of the argument "" is empty; give it a name
    tests/it/mistakes.rs:44:8: the attribute "d\n" of `t` holds a control character
    "#);
}
