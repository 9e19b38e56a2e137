//! What is told of requests that the machine cannot give, and of names that may be misspelt, before anything runs.

use crate::support::State;
use jobmon::config::Files;
use jobmon::model::{ExitMeaning, RetryPolicy};
use jobmon::prelude::*;

/// Fits one year.
#[task_template(command = "true {year}", memory = "4G", retry(at_most(signal = 1)))]
struct Fit {
    #[node_arg]
    year: u16,
}

/// What a program says that is a task itself, and was granted this.
fn said(state: &State, what: &str, granted: &[(&str, &str)]) -> String {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_jobmon-test-program"));
    program.arg(what).arg(state.path()).env("JOBMON_TASK_INSTANCE_ID", "7").envs(granted.iter().copied());
    let output = program.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let text = text.replace(&*state.path().to_string_lossy(), "DIR");
    text.lines().filter(|line| !line.contains(" DONE in ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_never_fits_is_told_by_check() {
    let state = State::new();
    insta::assert_snapshot!(said(&state, "too_much", &[("JOBMON_MEMORY_BYTES", "1073741824")]), @"
    Error: there are 2 mistakes in the workflow:
      tests/programs/asked.rs:16:8: `fit id=0` asks for 4G of memory, but there are 1G for all tasks together (2 more tasks like it); ask for less, or run it where there is more (`RunOptions::memory` says how much there is)
      tests/programs/asked.rs:17:8: `sort` asks for 2G of memory, but there are 1G for all tasks together; ask for less, or run it where there is more (`RunOptions::memory` says how much there is)
    ");
    assert_eq!(said(&state, "too_much", &[("JOBMON_MEMORY_BYTES", "4294967296")]), "");
}

/// What runs elsewhere has nothing to do with this machine.
#[test]
fn tasks_of_other_clusters_are_not_compared_with_this_machine() {
    let state = State::new();
    let file = state.join("site.toml");
    std::fs::write(&file, "[clusters.slurm.queues.all]\nmax = { memory = \"4096T\" }").unwrap();
    let mut wf = Tool::new("test").workflow("elsewhere").cluster("slurm").queue("all").config(file);
    wf.add(Command::new("true").memory("2048T").cores(99_999));
    wf.check().unwrap();
    let here = wf.add(Command::new("false").memory("2048T").cluster("local"));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("`false` asks for 2048T of memory, but there are"), "{told}");
    let explained = wf.explain(here).unwrap();
    assert_eq!(explained.mistakes, wf.check().unwrap_err().0, "{explained}");
}

/// What a run says there is counts, not what the machine has.
#[test]
fn a_run_compares_with_what_its_options_say() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("said");
    let task = wf.add(Command::new("true").memory("2048T"));
    assert!(matches!(wf.check().unwrap_err().0[..], [jobmon::plan::PlanError::NeverFits { .. }]));
    assert_eq!(wf.explain(task).unwrap().mistakes, wf.check().unwrap_err().0);
    wf.run(state.options().memory("4096T".parse().unwrap())).unwrap().ok().unwrap();
}

#[test]
fn who_gets_fewer_cores_than_it_asks_for_is_told_and_names_are_when_the_run_begins() {
    let state = State::new();
    let file = state.join("site.toml");
    std::fs::write(&file, "[tools.tset]\ncores = 1").unwrap();
    let config = ("JOBMON_CONFIG", &*file.to_string_lossy());
    insta::assert_snapshot!(said(&state, "greedy", &[("JOBMON_CORES", "2"), config]), @"
    server
      memory         not limited, counts as 0  nobody says it
      runtime        not limited               nobody says it
      cores          64                        tests/programs/asked.rs:26:59, the task
      max_attempts   3                         built in
      scale.memory   x 1.5                     built in
      scale.runtime  x 1.5                     built in
      queue          none                      nobody says it
      cluster        local                     built in
      note: DIR/site.toml:1:8: `tset` is another tool than `test`, so what is said of it does not count here; is it misspelt?
      note: it asks for 64 cores and gets the 2 that there are
    jobmon: test/model: 4 tasks; the state is in DIR
    jobmon: DIR/site.toml:1:8: `tset` is another tool than `test`, so what is said of it does not count here; is it misspelt?
    jobmon: `server` asks for 64 cores and gets the 2 that there are
    jobmon: `fit id=0` asks for 3 cores and gets the 2 that there are, as 2 more tasks of its template do
    ");
    let state = State::new();
    let told = said(&state, "greedy", &[("JOBMON_CORES", "1")]);
    assert!(told.contains("asks for 64 cores and gets the one that there is"), "{told}");
}

fn notes(text: &str, tool: &str, workflow: &str) -> String {
    let state = State::new();
    let file = state.join("site.toml");
    std::fs::write(&file, text).unwrap();
    let mut wf = Tool::new(tool).workflow(workflow).config(file);
    wf.add(Fit { year: 1990 });
    wf.check().unwrap();
    let told = wf.explain_templates().unwrap().swap_remove(0).notes.join("\n");
    told.replace(&*state.path().to_string_lossy(), "DIR")
}

#[test]
fn names_that_may_be_misspelt_are_told() {
    let text = "[tools.covd]\ncores = 1\n[tools.covid.workflows.modle]\ncores = 2\n[tools.Covid]\ncores = 3";
    insta::assert_snapshot!(notes(text, "covid", "model"), @"DIR/site.toml:3:24: `modle` is another workflow than `model`, so what is said of it does not count here; is it misspelt?");
    insta::assert_snapshot!(notes("[tools.covd]\ncores = 1\n[tools.COVID]\ncores = 2", "covid", "model"), @"
    DIR/site.toml:1:8: `covd` is another tool than `covid`, so what is said of it does not count here; is it misspelt?
    DIR/site.toml:3:8: `COVID` is another tool than `covid`, so what is said of it does not count here; is it misspelt?
    ");
    for (text, tool, workflow) in [
        // Others that stand beside the right one, that differ by a number, or by more than a letter.
        ("[tools.covd]\ncores = 1\n[tools.covid]\ncores = 2", "covid", "model"),
        ("[tools.covid.workflows]\nmodel1 = {}\nmodel2 = {}\nmodel = {}", "covid", "model3"),
        ("[tools.covid2.workflows.modle]\ncores = 1", "covid", "model"),
        ("[tools.influenza]\ncores = 1", "covid", "model"),
        ("[tools.a]\ncores = 1", "ab", "model"),
    ] {
        assert_eq!(notes(text, tool, workflow), "", "{text}");
    }
}

/// The original's file may hold the tool's name.
#[test]
fn a_tool_that_is_misspelt_in_yaml_is_told() {
    let state = State::new();
    let file = state.join("resources.yaml");
    std::fs::write(&file, "tool_resources: {modle: {local: {cores: 2}}}").unwrap();
    let mut wf = Tool::new("model").workflow("w").config(Files::None).resources_file(&file);
    let task = wf.add(Command::new("true"));
    let explained = wf.explain(task).unwrap();
    assert_eq!(explained.value("cores"), "1");
    let note = "resources.yaml:1:18: `modle` is another tool than `model`";
    assert!(explained.to_string().contains(note), "{explained}");
}

/// A policy is said in several places; each is named, for a task and for a template.
#[test]
fn it_is_explained_where_a_retry_policy_was_said() {
    let mut wf = Tool::new("test").retry(RetryPolicy::new().exit(1, ExitMeaning::NoRetry)).workflow("retry");
    wf = wf.config(Files::None);
    let fit = wf.add(Fit { year: 1990 }.retry(RetryPolicy::new().exit(2, ExitMeaning::Retry)));
    let plain = wf.add(Command::new("true"));
    insta::assert_snapshot!(wf.explain(fit).unwrap().origin("retry"), @"tests/it/fits.rs:141:41, the task; #[task_template] at tests/it/fits.rs:9:1; tests/it/fits.rs:139:36, the tool test");
    let templates = wf.explain_templates().unwrap();
    insta::assert_snapshot!(templates[0].origin("retry"), @"#[task_template] at tests/it/fits.rs:9:1; tests/it/fits.rs:139:36, the tool test");
    insta::assert_snapshot!(templates[0].value("retry"), @"at_most(signal = 1), exit(1) = no_retry");
    insta::assert_snapshot!(wf.explain(plain).unwrap().origin("retry"), @"tests/it/fits.rs:139:36, the tool test");
}

/// What cannot be read hides what holds; what cannot be given is shown beside it, as `check` tells it.
#[test]
fn what_check_tells_is_explained_too() {
    let state = State::new();
    let file = state.join("site.toml");
    let site = "[clusters.local.queues.short]\nmax = { memory = \"2G\" }\n[tools.test.templates.fits]\ncores = 2";
    std::fs::write(&file, site).unwrap();
    let mut wf = Tool::new("test").workflow("explained").config(file);
    let refused = wf.add(Fit { year: 1990 }.queue("short"));
    let unknown = wf.add(Fit { year: 1991 }.queue("shrot"));
    let of = |task| {
        let explained: jobmon::plan::Explanation = wf.explain(task).unwrap();
        explained.mistakes
    };
    let all = wf.check().unwrap_err().0;
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(of(refused), [all[0].clone(), all[1].clone()]);
    assert_eq!(of(unknown), [all[0].clone(), all[2].clone()]);
    assert!(wf.explain(refused).unwrap().to_string().contains("\n  mistake: tests/it/fits.rs:"));
    let lots = wf.add(Fit { year: 1992 }.memory("lots"));
    let told = wf.explain(lots).unwrap_err();
    assert!(told.to_string().contains("the memory of `fit year=1992`: `lots`"), "{told}");
    assert!(wf.check().unwrap_err().0.contains(&told.0[0]));
    wf.explain(refused).unwrap();
    wf.template::<Fit>(|fit| fit.cores(0));
    let told = wf.explain_templates().unwrap_err();
    assert!(told.to_string().contains("`fit` asks for 0 cores"), "{told}");
}

/// In the order of their lines, whatever they are called.
#[test]
fn templates_that_nobody_has_are_told_by_their_lines() {
    let state = State::new();
    let file = state.join("site.toml");
    let site = "[tools.test.templates]\nzeta = { cores = 2 }\nbeta = { memroy = \"1G\" }\nalpha = { cores = 2 }\n\
                [tools.test]\nqueue = \"\"";
    std::fs::write(&file, site).unwrap();
    let mut wf = Tool::new("test").workflow("lines").config(file);
    wf.add(Fit { year: 1990 });
    let told = wf.check().unwrap_err().to_string().replace(&*state.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!(told, @r#"
    there are 5 mistakes in the workflow:
      DIR/site.toml:2:1: the workflow `lines` of `test` has no template `zeta`; there is `fit`
      DIR/site.toml:3:1: the workflow `lines` of `test` has no template `beta`; there is `fit`
      DIR/site.toml:3:10: unknown key `memroy` in the template `beta`; did you mean `memory`?
      DIR/site.toml:4:1: the workflow `lines` of `test` has no template `alpha`; there is `fit`
      DIR/site.toml:6:9: `queue` takes a name, not the text ""
    "#);
}

/// Where a misspelt name is why a queue is not said, and the queue why a request is refused.
#[test]
fn what_check_tells_ends_with_names_that_may_be_misspelt() {
    let state = State::new();
    let file = state.join("site.toml");
    std::fs::write(&file, "[tools.tset]\nqueue = \"long\"\n[clusters.local.queues.long]").unwrap();
    let mut wf = Tool::new("test").workflow("named").config(file);
    wf.add(Fit { year: 1990 }.queue("shrot"));
    let told = wf.check().unwrap_err().to_string().replace(&*state.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!(told, @"
    there is a mistake in the workflow:
      tests/it/fits.rs:207:31: the cluster `local` has no queue `shrot`; there is `long`
      note: DIR/site.toml:1:8: `tset` is another tool than `test`, so what is said of it does not count here; is it misspelt?
    ");
}
