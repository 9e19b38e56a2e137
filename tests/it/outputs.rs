//! Files that get the output of tasks, as far as `check` knows them. The snapshots hold line numbers of this file.

use crate::support::State;
use jobmon::prelude::*;
use std::path::PathBuf;

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
      tests/it/outputs.rs:30:8: the standard output of `echo id=2` goes to "same", as what `echo id=1` writes does, which was added at tests/it/outputs.rs:30:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:31:8: the standard error of `echo id=3` goes to "1.log", as what `echo id=1` writes does, which was added at tests/it/outputs.rs:30:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:32:8: the standard output of `fixed program=true` goes to "fixed.txt", as what `fixed program=echo` writes does, which was added at tests/it/outputs.rs:32:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:32:8: the standard output of `fixed program=false` goes to "fixed.txt", as what `fixed program=echo` writes does, which was added at tests/it/outputs.rs:32:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:34:8: the standard output of `echo id=5` goes to "deep/fixed.txt", as what `echo id=4` writes does, which was added at tests/it/outputs.rs:33:8: the output of one would be lost; put an argument that tells them apart in the path
    "#);
}

/// Links are not followed, but all that can be seen in a path is.
#[test]
fn one_file_has_many_paths() {
    let here = std::env::current_dir().unwrap();
    let mut wf = Tool::new("test").workflow("files").config(jobmon::config::Files::None);
    let output = |id: u32, path: &str| Command::new("touch").node_arg("id", id).template("touch").output(path);
    wf.add(output(0, "x"));
    let paths = ["./x", "d/../x", "d//./e/../../x", &format!("{}/x", here.display()), "/../x"];
    wf.add_all((1..).zip(paths).map(|(id, path)| output(id, path)));
    wf.add(output(6, "../x").current_dir("d"));
    wf.add(output(7, "x").current_dir(&here));
    wf.add(output(8, "/x"));
    wf.add(output(9, "d/x"));
    let told = wf.check().unwrap_err().0;
    let told = told.iter().map(|mistake| match mistake {
        jobmon::plan::PlanError::SameFile { task, path, other_task, .. } => {
            format!("{task}: {path} is of {other_task}")
        }
        other => panic!("{other}"),
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    touch id=1: x is of touch id=0
    touch id=2: x is of touch id=0
    touch id=3: x is of touch id=0
    touch id=4: x is of touch id=0
    touch id=6: x is of touch id=0
    touch id=7: x is of touch id=0
    touch id=8: /x is of touch id=5
    ");
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
      tests/it/outputs.rs:92:8: the standard output of `echo id=1` can't go to "": it is empty
      tests/it/outputs.rs:92:8: the standard error of `echo id=1` can't go to "/tmp/": it is a directory; write the name of a file in it
      tests/it/outputs.rs:93:8: the standard output of `echo id=2` can't go to "/dev/null": a device is no file; leave the option out
      tests/it/outputs.rs:93:8: the standard error of `echo id=2` can't go to "~/log": no shell finds the home directory `~`; write the whole path, or `./~` for what is named so
      tests/it/outputs.rs:94:8: the standard error of `echo id=3` can't go to "a/..": it is a directory; write the name of a file in it
      tests/it/outputs.rs:95:8: the program of `fixed program=''` is the empty word; give its name or path
      tests/it/outputs.rs:96:8: `argv` of `''`: the program is the empty word; give its name or path
    "#);
}

/// Writes as it is told: `how` is a script.
#[task_template(
    command = r#"cd {root}; bash -c {how}"#,
    shell = true,
    max_attempts = 2,
    output = ["{root}/fit_{id}.csv", "{root}/fit_{id}.log"]
)]
struct Fit {
    #[node_arg]
    id: u32,
    #[op_arg]
    how: String,
    #[op_arg]
    root: PathBuf,
}

#[test]
fn a_task_succeeds_when_its_outputs_are_there_and_written() {
    let state = State::new();
    let fit = |id, how: &str| Fit { id, how: how.into(), root: state.path().to_owned() };
    std::fs::write(state.join("fit_3.csv"), "old").unwrap();
    let mut wf = Tool::new("test").workflow("outputs");
    wf.add(fit(1, "echo > fit_1.csv; echo > fit_1.log"));
    wf.add(fit(2, ": > fit_2.csv"));
    let unchanged = wf.add(fit(3, "echo > fit_3.log"));
    wf.add(fit(4, ": > fit_4.csv; : > fit_4.log").output_may_be_empty(true));
    // What failed before left a whole file, and the next attempt none: that is no success.
    wf.add(fit(5, "test $JOBMON_ATTEMPT -eq 1 || exit 0; echo > fit_5.csv; echo > fit_5.log; exit 1"));
    wf.add(fit(6, "echo > fit_6.csv; echo > fit_6.log; echo > more").output("more").current_dir(state.path()));
    wf.add(fit(7, "echo > fit_7.csv; echo > fit_7.log").output("less").current_dir(state.path()));
    wf.add(Command::new("true").upstream(unchanged));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed, run.skipped), (3, 4, 1), "{run}");
    let failed = state.query(
        "SELECT task.name, kind, exit_code, description FROM task_instance JOIN task ON task.id = task_id
         JOIN error_log ON task_instance_id = task_instance.id ORDER BY task.id, attempt",
    );
    insta::assert_snapshot!(failed.replace(&format!("{}/", state.path().display()), ""), @r#"
    fit id=2 OUTPUT_MISSING 0 left no output: "fit_2.csv" is empty; "fit_2.log" is not there
    fit id=2 OUTPUT_MISSING 0 left no output: "fit_2.csv" is empty; "fit_2.log" is not there
    fit id=3 OUTPUT_MISSING 0 left no output: "fit_3.csv" was not written: it is the file that was there before, unchanged
    fit id=3 OUTPUT_MISSING 0 left no output: "fit_3.csv" was not written: it is the file that was there before, unchanged
    fit id=5 EXIT 1 exited with code 1
    fit id=5 OUTPUT_MISSING 0 left no output: "fit_5.csv" was not written: it is the file that was there before, unchanged; "fit_5.log" was not written: it is the file that was there before, unchanged
    fit id=7 OUTPUT_MISSING 0 left no output: "less" is not there
    fit id=7 OUTPUT_MISSING 0 left no output: "less" is not there
    "#);
    let told = run.ok().unwrap_err().to_string();
    assert!(told.contains("left no output: \""), "{told}");
}

#[task_template(command = "touch {id}", stdout = "{id}.out", output = "{id}.out", output_may_be_empty = true)]
struct Touch {
    #[node_arg]
    id: String,
}

#[test]
fn an_output_that_two_tasks_write_is_told() {
    let mut wf = Tool::new("test").workflow("files");
    wf.add(Touch { id: "a".into() });
    wf.add(Touch { id: "b".into() }.output("a.out"));
    wf.add(Command::new("c").output("./b.out"));
    wf.add(Command::new("d").output("c/").output("~/d").output("/dev/null"));
    insta::assert_snapshot!(wf.check().unwrap_err(), @r#"
    there are 5 mistakes in the workflow:
      tests/it/outputs.rs:170:8: the output of `touch id=b` goes to "a.out", as what `touch id=a` writes does, which was added at tests/it/outputs.rs:169:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:171:8: the output of `c` goes to "b.out", as what `touch id=b` writes does, which was added at tests/it/outputs.rs:170:8: the output of one would be lost; put an argument that tells them apart in the path
      tests/it/outputs.rs:172:8: the output of `d` can't go to "c/": it is a directory; write the name of a file in it
      tests/it/outputs.rs:172:8: the output of `d` can't go to "~/d": no shell finds the home directory `~`; write the whole path, or `./~` for what is named so
      tests/it/outputs.rs:172:8: the output of `d` can't go to "/dev/null": a device is no file; leave the option out
    "#);
}
