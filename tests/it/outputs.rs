//! Files that get the output of tasks, as far as `check` knows them. The snapshots hold line numbers of this file.

use crate::support::State;
use jobmon::prelude::*;

#[task_template(command = "echo {id}", stdout = "{out}", stderr = "{err}")]
struct Echo {
    #[node_arg]
    id: u32,
    #[op_arg]
    out: String,
    #[op_arg]
    err: String,
}

fn echo(id: u32, out: &str, err: &str) -> Echo {
    Echo { id, out: out.into(), err: err.into() }
}

#[task_template(command = "{program} a", stdout = "fixed.txt")]
struct Fixed {
    #[node_arg]
    program: String,
}

#[test]
fn two_tasks_that_write_one_file_are_told() {
    let mut wf = Tool::new("test").workflow("files");
    wf.add_all((1..=2).map(|id| echo(id, "same", &format!("{id}.log"))));
    wf.add(echo(3, "3", "./1.log"));
    wf.add_all(["echo", "true", "false"].map(|program| Fixed { program: program.into() }));
    wf.add(echo(4, "deep/fixed.txt", "4.log"));
    wf.add(echo(5, "fixed.txt", ".//fixed.txt").current_dir("deep/./"));
    insta::assert_snapshot!(wf.check().unwrap_err(), @r#"
    there are 5 mistakes in the workflow:
      tests/it/outputs.rs:29:8: the standard output of `echo id=2` goes to "same", as what `echo id=1` writes does, which was added at tests/it/outputs.rs:29:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:30:8: the standard error of `echo id=3` goes to "1.log", as what `echo id=1` writes does, which was added at tests/it/outputs.rs:29:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:31:8: the standard output of `fixed program=true` goes to "fixed.txt", as what `fixed program=echo` writes does, which was added at tests/it/outputs.rs:31:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:31:8: the standard output of `fixed program=false` goes to "fixed.txt", as what `fixed program=echo` writes does, which was added at tests/it/outputs.rs:31:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:33:8: the standard output of `echo id=5` goes to "deep/fixed.txt", as what `echo id=4` writes does, which was added at tests/it/outputs.rs:32:8: the output of one would be lost; put an argument that tells them apart in the path
    "#);
}

#[test]
fn both_streams_of_a_task_may_go_to_one_file_and_a_name_may_be_used_in_two_directories() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("files");
    std::fs::create_dir(state.join("deep")).unwrap();
    let both = state.join("both").to_str().unwrap().to_owned();
    wf.add(echo(1, &both, &both));
    wf.add(echo(2, "out", "err").current_dir(state.join("deep")));
    wf.add(echo(3, "out", "err").current_dir(state.path()));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(["both", "deep/out", "out"].map(|name| state.lines(name).join(" ")), ["1", "2", "3"]);
}

#[test]
fn what_is_no_file_and_no_program_is_told_before_the_run() {
    let mut wf = Tool::new("test").workflow("files");
    wf.add(echo(1, "", "/tmp/"));
    wf.add(echo(2, "/dev/null", "~/log"));
    wf.add(echo(3, "./~/out", "a/.."));
    wf.add(Fixed { program: String::new() });
    wf.add(Command::new(""));
    insta::assert_snapshot!(wf.check().unwrap_err(), @r#"
    there are 7 mistakes in the workflow:
      tests/it/outputs.rs:60:8: the standard output of `echo id=1` can't go to "": it is empty
      tests/it/outputs.rs:60:8: the standard error of `echo id=1` can't go to "/tmp/": it is a directory; write the name of a file in it
      tests/it/outputs.rs:61:8: the standard output of `echo id=2` can't go to "/dev/null": a device is no file; leave the option out, then the output goes to the task's log
      tests/it/outputs.rs:61:8: the standard error of `echo id=2` can't go to "~/log": no shell finds the home directory `~`; write the whole path, or `./~` for what is named so
      tests/it/outputs.rs:62:8: the standard error of `echo id=3` can't go to "a/..": it is a directory; write the name of a file in it
      tests/it/outputs.rs:63:8: the program of `fixed program=''` is the empty word; give its name or path
      tests/it/outputs.rs:64:8: `argv` of `''`: the program is the empty word; give its name or path
    "#);
}
