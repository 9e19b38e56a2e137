//! Where settings come from, and what is told of those that cannot be. Snapshots hold line numbers of this file.

use crate::support::State;
use jobmon::config::Files;
use jobmon::model::Scale;
use jobmon::prelude::*;
use std::path::PathBuf;

/// Fits one year.
#[task_template(command = "true {year}", memory = "4G", runtime = "1h", scale(memory = 2.0))]
struct Fit {
    #[node_arg]
    year: u16,
}

/// Goes to a queue.
#[task_template(command = "true {year}", name = "queued", memory = "2G", queue = "short")]
struct Queued {
    #[node_arg]
    year: u16,
}

const SITE: &str = r#"
[clusters.local.queues.short]
min = { memory = "100M" }
max = { memory = "8G", runtime = "1h", cores = 4 }
default = { runtime = "10m" }
fallback = ["long"]

[clusters.local.queues.long]
max = { memory = "64G", runtime = "2d" }

[clusters.local.queues.big]
min = { memory = "16G" }

[tools.test]
cores = 2
max_attempts = 5

[tools.test.templates.fit]
memory = "6G"

[tools.elsewhere.templates.of_another_tool]
memory = "1T"
"#;

fn site(state: &State, text: &str) -> PathBuf {
    let file = state.join("site.toml");
    std::fs::write(&file, text).unwrap();
    file
}

fn redacted(text: &impl ToString, state: &State) -> String {
    text.to_string().replace(&*state.path().to_string_lossy(), "DIR")
}

fn told(wf: &Workflow, state: &State) -> String {
    redacted(&wf.check().unwrap_err(), state)
}

#[test]
fn each_value_comes_from_the_strongest_that_says_it() {
    let state = State::new();
    let mut wf = Tool::new("test").memory("1G").runtime("2h").workflow("explained").max_attempts(4);
    wf = wf.config(site(&state, SITE));
    wf.template::<Queued>(|queued| queued.runtime("20m").memory_scale(Scale::By(3.0)));
    let fit = wf.add(Fit { year: 1990 });
    let special = wf.add(Fit { year: 2020 }.memory("7G").cores(3).queue("long"));
    let queued = wf.add(Queued { year: 1990 });
    let command = wf.add(Command::new("true").queue("short"));
    wf.check().unwrap();
    let why = |explained: Result<jobmon::plan::Explanation, _>| {
        let explained: Result<_, jobmon::plan::PlanErrors> = explained;
        // Machines differ in how many cores they have.
        let explained = jobmon::plan::Explanation { notes: Vec::new(), ..explained.unwrap() };
        redacted(&explained, &state)
    };
    insta::assert_snapshot!(why(wf.explain(fit)), @"
    fit year=1990
      memory         1G     tests/it/settings.rs:64:36, the tool test
      runtime        2h     tests/it/settings.rs:64:49, the tool test
      cores          2      DIR/site.toml:15:9, the tool test
      max_attempts   4      tests/it/settings.rs:64:85, the workflow explained
      scale.memory   x 2    #[task_template] at tests/it/settings.rs:10:1
      scale.runtime  x 1.5  built in
      queue          none   nobody says it
      cluster        local  built in
    ");
    insta::assert_snapshot!(why(wf.explain(special)), @"
    fit year=2020
      memory         7G     tests/it/settings.rs:68:45, the task
      runtime        2h     tests/it/settings.rs:64:49, the tool test
      cores          3      tests/it/settings.rs:68:58, the task
      max_attempts   4      tests/it/settings.rs:64:85, the workflow explained
      scale.memory   x 2    #[task_template] at tests/it/settings.rs:10:1
      scale.runtime  x 1.5  built in
      queue          long   tests/it/settings.rs:68:67, the task
      cluster        local  built in
    ");
    insta::assert_snapshot!(why(wf.explain(queued)), @"
    queued year=1990
      memory         1G     tests/it/settings.rs:64:36, the tool test
      runtime        20m    tests/it/settings.rs:66:43, the template queued
      cores          2      DIR/site.toml:15:9, the tool test
      max_attempts   4      tests/it/settings.rs:64:85, the workflow explained
      scale.memory   x 3    tests/it/settings.rs:66:58, the template queued
      scale.runtime  x 1.5  built in
      queue          short  #[task_template] at tests/it/settings.rs:17:1
      cluster        local  built in
    ");
    insta::assert_snapshot!(why(wf.explain(command)), @"
    true
      memory         1G     tests/it/settings.rs:64:36, the tool test
      runtime        2h     tests/it/settings.rs:64:49, the tool test
      cores          2      DIR/site.toml:15:9, the tool test
      max_attempts   4      tests/it/settings.rs:64:85, the workflow explained
      scale.memory   x 1.5  built in
      scale.runtime  x 1.5  built in
      queue          short  tests/it/settings.rs:70:47, the task
      cluster        local  built in
    ");
}

/// A file corrects the program's defaults, a call stays what it says.
#[test]
fn a_file_corrects_an_attribute_but_no_call() {
    let state = State::new();
    let file = site(&state, "[tools.test.templates.fit]\nmemory = \"6G\"\nruntime = \"3h\"");
    let mut wf = Tool::new("test").workflow("corrected").config(file);
    let fit = wf.add(Fit { year: 1990 });
    let why = wf.explain(fit).unwrap();
    assert_eq!((why.value("memory"), why.value("runtime")), ("6G", "3h"));
    let foreign = Tool::new("test").workflow("other").config(Files::None).add(Fit { year: 1990 });
    assert!(wf.explain(foreign).unwrap_err().to_string().contains("the handle is of no task of this workflow"));
    wf.template::<Fit>(|fit| fit.memory("5G"));
    let why = wf.explain(fit).unwrap();
    assert_eq!((why.value("memory"), why.value("runtime")), ("5G", "3h"));
}

#[test]
fn what_tools_workflows_and_templates_say_wrong_is_told_where_it_is_said() {
    let mut wf = Tool::new("test").memory("8").workflow("wrong").max_attempts(0).config(Files::None);
    wf.template::<Fit>(|fit| fit.cores(0).runtime_scale(Scale::By(0.5)).queue(""));
    wf.template_named("fti", |fit| fit.memory("8G"));
    wf.add(Fit { year: 1990 });
    insta::assert_snapshot!(wf.check().unwrap_err(), @r#"
    there are 6 mistakes in the workflow:
      tests/it/settings.rs:142:36: the memory of `test`: `8` has no unit; write it as "8G", "512M" or "1.5 GiB"
      tests/it/settings.rs:142:66: `wrong` has 0 attempts, so it would never run; 1 runs it once
      tests/it/settings.rs:143:34: `fit` asks for 0 cores; a task needs one at least
      tests/it/settings.rs:143:43: the run time of `fit` is multiplied by 0.5; a scale is above 1: 1.5 is half as much again
      tests/it/settings.rs:143:73: the queue of `fit` has a name that is empty or holds a control character
      tests/it/settings.rs:144:8: no task is of a template `fti`; did you mean `fit`?
    "#);
}

#[test]
fn names_that_nobody_knows_are_told() {
    let state = State::new();
    let text = format!(
        "{SITE}\n[tools.test.templates.fits]\nmemory = \"1G\"\n[tools.test.workflows.names]\nqueue = \"shrot\""
    );
    let mut wf = Tool::new("test").workflow("names").config(site(&state, &text));
    wf.add(Fit { year: 1990 });
    wf.add(Fit { year: 1991 }.cluster("slurm"));
    wf.add_all((2000..2003).map(|year| Fit { year }.queue("nightly")));
    insta::assert_snapshot!(told(&wf, &state), @"
    there are 4 mistakes in the workflow:
      DIR/site.toml:24:23: the workflow `names` of `test` has no template `fits`; did you mean `fit`?
      DIR/site.toml:27:9: the cluster `local` has no queue `shrot`; did you mean `short`?
      tests/it/settings.rs:165:31: there is no cluster `slurm`; there is `local`
      tests/it/settings.rs:166:53: the cluster `local` has no queue `nightly`; there are `big`, `long`, `short`
    ");
    // Without a configuration a queue is a name, and this machine the only cluster.
    let mut wf = Tool::new("test").workflow("names").config(Files::None);
    wf.add(Fit { year: 1990 }.queue("nightly"));
    wf.check().unwrap();
    wf.add(Fit { year: 1991 }.cluster("slurm"));
    insta::assert_snapshot!(told(&wf, &state), @"
    there is a mistake in the workflow:
      tests/it/settings.rs:178:31: there is no cluster `slurm`; there is `local`
    ");
}

#[test]
fn what_no_queue_gives_is_told_before_anything_runs() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("limits").config(site(&state, SITE));
    wf.add(Fit { year: 1 });
    wf.add(Queued { year: 1 }.memory("16G"));
    wf.check().unwrap(); // `long` gives it
    wf.add_all((10..13).map(|year| Queued { year }.memory("80G")));
    wf.add(Queued { year: 2 }.runtime("3d"));
    wf.add(Command::new("true").name("small").node_arg("id", 1).queue("big").memory("1G"));
    wf.add(Command::new("true").name("large").node_arg("id", 2).queue("long").memory("65G"));
    insta::assert_snapshot!(told(&wf, &state), @"
    there are 4 mistakes in the workflow:
      tests/it/settings.rs:192:8: `queued year=10` asks for 80G of memory, but the queue `short` gives 8G at most, and none of its fallback queues takes it (2 more tasks like it)
      tests/it/settings.rs:193:8: `queued year=2` asks for 3d of run time, but the queue `short` gives 1h at most, and none of its fallback queues takes it
      tests/it/settings.rs:194:8: `small` asks for 1G of memory, but the queue `big` gives 16G at least
      tests/it/settings.rs:195:8: `large` asks for 65G of memory, but the queue `long` gives 64G at most
    ");
}

#[test]
fn a_cluster_that_cannot_be_run_on_is_refused() {
    let state = State::new();
    let file = site(&state, "[clusters.slurm.queues.all]\nmax = { memory = \"8G\" }");
    let mut wf = Tool::new("test").workflow("cluster").cluster("slurm").queue("all").config(file);
    wf.add(Command::new("true"));
    wf.check().unwrap();
    let told = wf.run(state.options()).unwrap_err().to_string();
    insta::assert_snapshot!(told, @r#"`true` is to run on the cluster `slurm`, but this run is on this machine, the cluster `local`; clusters cannot be run on yet: say `.cluster("local")` to run it here"#);
    assert!(!state.join("jobmon.db").exists());
}

#[test]
fn what_can_never_fit_is_told_with_what_there_is() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("large");
    wf.add_all((0..3).map(|year| Fit { year }));
    let told = wf.run(state.options().memory("1G".parse().unwrap())).unwrap_err();
    insta::assert_snapshot!(told, @"
    there is a mistake in the workflow:
      tests/it/settings.rs:221:8: `fit year=0` asks for 4G of memory, but there are 1G for all tasks together (2 more tasks like it); ask for less, or run it where there is more (`RunOptions::memory` says how much there is)
    ");
}

/// The tests read no settings of whoever runs them, nor of a directory above.
#[test]
fn tests_are_run_without_settings_of_the_machine() {
    assert_eq!(std::env::var("JOBMON_CONFIG").as_deref(), Ok("none"));
}

/// The nearest file above the working directory, that of the user, and variables, as a program sees them.
#[test]
fn a_program_finds_the_files_around_it() {
    let state = State::new();
    let deep = state.join("project/deep");
    for directory in [&deep, &state.join("home/jobmon")] {
        std::fs::create_dir_all(directory).unwrap();
    }
    let write = |name: &str, text: &str| std::fs::write(state.join(name), text).unwrap();
    write("home/jobmon/config.toml", "[tools.test]\nruntime = \"1h\"\nmemory = \"1G\"\nqueue = \"night\"");
    write("project/jobmon.toml", "[tools.test.templates.fit]\nmemory = \"2G\"\ncores = 2");
    write("jobmon.toml", "[tools.test]\nmax_attempts = 9");
    let told = |variable: &str, value: &str| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_jobmon-test-program"));
        program.arg("asked").arg(state.path()).current_dir(&deep).env_remove("JOBMON_CONFIG");
        program.env("XDG_CONFIG_HOME", state.join("home")).env(variable, value);
        program.env("JOBMON_TASK_INSTANCE_ID", "7").env("JOBMON_CORES", "4");
        let output = program.output().unwrap();
        redacted(&String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), &state)
    };
    insta::assert_snapshot!(told("JOBMON_SET_CORES", "3"), @"
    fit.sh
      memory         2G     DIR/project/jobmon.toml:2:10, the template fit
      runtime        1h     DIR/home/jobmon/config.toml:2:11, the tool test
      cores          3      the variable JOBMON_SET_CORES
      max_attempts   3      built in
      scale.memory   x 1.5  built in
      scale.runtime  x 1.5  built in
      queue          night  DIR/home/jobmon/config.toml:4:9, the tool test
      cluster        local  built in
    ");
    insta::assert_snapshot!(told("JOBMON_SET_COREZ", "3"), @"
    Error: there is a mistake in the workflow:
      the variable JOBMON_SET_COREZ: unknown key `JOBMON_SET_COREZ` in the environment; did you mean `JOBMON_SET_CORES`?
    ");
    insta::assert_snapshot!(told("JOBMON_CONFIG", "../nowhere.toml"), @"
    Error: there is a mistake in the workflow:
      ../nowhere.toml: it cannot be read: No such file or directory (os error 2)
    ");
}

/// What attempts were granted, where, and how they ended.
fn attempts(state: &State) -> String {
    state.query(
        "SELECT coalesce(memory_bytes / 1048576, '-'), coalesce(runtime_seconds, '-'), queue, coalesce(kind, task_instance.status)
         FROM task_instance JOIN task_resources ON task_resources.id = task_resources_id ORDER BY attempt",
    )
}

#[test]
fn what_a_queue_does_not_give_its_fallback_gives() {
    let state = State::new();
    let limits = "[clusters.local.queues.short]\nmax = { runtime = \"1s\" }\nfallback = [\"long\"]\n\
                  [clusters.local.queues.long]\nmin = { runtime = \"90s\" }";
    let mut wf = Tool::new("test").workflow("fallback").config(site(&state, limits));
    let script = "test $JOBMON_RUNTIME_SECONDS -gt 1 || exec sleep 3600";
    wf.add(Command::new("sh").arg("-c").arg(script).runtime("1s").queue("short"));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(attempts(&state), "- 1 short TIMEOUT\n- 90 long DONE");
}

/// The most that the queues give is given once, though attempts are left, and that is said.
#[test]
fn who_had_the_most_of_all_queues_is_not_tried_again() {
    let state = State::new();
    let limits = "[clusters.local.queues.short]\nmax = { runtime = \"1s\" }\nfallback = [\"longer\"]\n\
                  [clusters.local.queues.longer]\nmax = { runtime = \"2s\" }";
    site(&state, limits);
    let output = state.program("most").wait_with_output().unwrap();
    assert_eq!(attempts(&state), "- 1 short TIMEOUT\n- 2 longer TIMEOUT");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("2s is all the time that the queue `longer` gives, and no fallback queue gives more"),
        "{told}"
    );
    assert!(told.contains("ran out of time: it had 2s, in the queue `longer`"), "{told}");
}

/// What files say is what is run with, and their home is where the state is.
#[test]
fn a_run_reads_the_files_that_its_options_name() {
    let state = State::new();
    let file = site(&state, "home = \"kept\"\n[tools.test]\nmemory = \"64M\"\ncores = 2\nqueue = \"any\"");
    let mut wf = Tool::new("test").workflow("run");
    wf.add(Command::new("sh").arg("-c").arg("test $JOBMON_CORES = 2 -a $JOBMON_MEMORY_BYTES = 67108864"));
    let options = RunOptions::default().progress(Progress::Off).config(file.as_path());
    wf.run(options).unwrap().ok().unwrap();
    let kept = granted(&state);
    assert_eq!(kept, "67108864 2 any");
}

fn granted(state: &State) -> String {
    let database = rusqlite::Connection::open(state.join("kept/jobmon.db")).unwrap();
    let row = "SELECT memory_bytes || ' ' || cores || ' ' || queue FROM task_instance
               JOIN task_resources ON task_resources.id = task_resources_id";
    database.query_row(row, [], |row| row.get(0)).unwrap()
}
