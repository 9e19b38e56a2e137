//! What the state file suggests is what the next run asks for.

use crate::support::State;
use jobmon::Recorded;
use jobmon::prelude::*;
use jobmon::units::Memory;

/// Holds so much memory for a moment, unless it is told to fail.
#[task_template(
    command = "head -c {mib}M /dev/zero | tail -n 1 | wc -c; test {place} != {bad}",
    shell = true,
    cores = 1,
    max_attempts = 1
)]
struct Fit {
    #[node_arg]
    place: u32,
    #[op_arg]
    mib: u32,
    #[op_arg]
    bad: u32,
}

/// Two workflows of one tool, the larger tasks in the second; one task of it fails, and holds more than all others.
fn two_workflows(state: &State) {
    for (args, mib, bad) in [("small", 10, 0), ("large", 60, 3)] {
        let mut wf = Tool::new("test").workflow("fits").args(args);
        wf.add_all(grid!(Fit { place in 1..=3, mib: if place == bad { 200 } else { mib }, bad }));
        wf.add(Command::new("false").template("never").max_attempts(1));
        wf.run(state.options()).unwrap();
    }
}

#[test]
fn what_was_used_is_what_the_next_run_asks_for() {
    let state = State::new();
    two_workflows(&state);
    let recorded = Recorded::at(state.path()).tool("test");
    assert_eq!(recorded.clone().template("fit").usage_summary().unwrap().count, 6);
    assert_eq!(recorded.clone().template("fit").node_arg("place", 3).usage_summary().unwrap().count, 2);
    assert_eq!(recorded.clone().workflow("fits").args("large").node_arg("place", 3).usage_summary().unwrap().count, 1);
    assert_eq!(recorded.clone().tool("other").usage_summary().unwrap().count, 0);

    let suggestions = recorded.suggest_resources().unwrap();
    let fit = &suggestions.templates[0];
    assert_eq!((fit.template.as_str(), fit.succeeded, fit.cores), ("fit", 5, Some(1)));
    let mib = |memory: Memory| memory.bytes() >> 20;
    // 60 MiB are held by one of three processes; what failed held 200 and does not count.
    let memory = fit.memory.unwrap();
    assert!((70..150).contains(&mib(memory)), "{memory}");
    let small = recorded.clone().args("small").suggest_resources().unwrap().templates[0].memory.unwrap();
    assert!(small < memory, "{small} of the small ones");
    let never = &suggestions.templates[1];
    assert_eq!((never.template.as_str(), never.succeeded, never.memory), ("never", 0, None));

    // In both languages the next workflow takes it as it is.
    let toml = state.join("suggested.toml");
    std::fs::write(&toml, suggestions.to_toml()).unwrap();
    let mut next = Tool::new("test").workflow("next").config(toml);
    let task = next.add(Fit { place: 7, mib: 1, bad: 0 });
    let explained = next.explain(task).unwrap();
    assert_eq!(explained.value("memory"), memory.to_string());
    assert_eq!(explained.value("runtime"), fit.runtime.unwrap().to_string());
    assert_eq!(explained.value("cores"), "1");

    let yaml = state.join("suggested.yaml");
    std::fs::write(&yaml, suggestions.to_yaml("local")).unwrap();
    let mut next = Tool::new("test").workflow("yaml").config(jobmon::config::Files::None).resources_file(yaml);
    let task = next.add(Fit { place: 7, mib: 1, bad: 0 });
    let explained = next.explain(task).unwrap();
    assert_eq!(explained.value("memory"), memory.to_string());
    assert_eq!(explained.value("runtime"), fit.runtime.unwrap().to_string());
}

#[test]
fn a_state_directory_that_is_not_there_is_named() {
    let state = State::new();
    let told = Recorded::at(state.join("nowhere")).suggest_resources().unwrap_err().to_string();
    assert!(told.contains("nowhere/jobmon.db"), "{told}");
}

/// Attributes are found again, and tasks by them: their own, and those of their workflows.
#[test]
fn attributes_are_read_and_looked_up() {
    let state = State::new();
    for (args, release) in [("", 6), ("round 2", 7)] {
        let mut wf =
            Tool::new("test").workflow("fits").args(args).attribute("owner", "me").attribute("release", release);
        for place in 1..=3 {
            let task = Command::new("true").template("fit").node_arg("place", place);
            let task = task.attribute("place", place);
            wf.add(if place > 1 { task.attribute("size", format!("{place}'s")).attribute("size", 2.5) } else { task });
        }
        wf.run(state.options()).unwrap();
    }
    let mut other = Tool::new("other").workflow("w").attribute("owner", "you");
    other.add(Command::new("true"));
    other.run(state.options()).unwrap();
    let recorded = Recorded::at(state.path());
    let told = |recorded: &Recorded| {
        let told: Vec<String> = recorded.attributes().unwrap().iter().map(ToString::to_string).collect();
        told.join("\n")
    };
    insta::assert_snapshot!(told(&recorded), @"
    test/fits: owner = me
    test/fits: release = 6
    test/fits: fit place=1: place = 1
    test/fits: fit place=2: place = 2
    test/fits: fit place=2: size = 2.5
    test/fits: fit place=3: place = 3
    test/fits: fit place=3: size = 2.5
    test/fits (round 2): owner = me
    test/fits (round 2): release = 7
    test/fits (round 2): fit place=1: place = 1
    test/fits (round 2): fit place=2: place = 2
    test/fits (round 2): fit place=2: size = 2.5
    test/fits (round 2): fit place=3: place = 3
    test/fits (round 2): fit place=3: size = 2.5
    other/w: owner = you
    ");
    insta::assert_snapshot!(told(&recorded.clone().tool("test").args("round 2").node_arg("place", 3)), @"
    test/fits (round 2): owner = me
    test/fits (round 2): release = 7
    test/fits (round 2): fit place=3: place = 3
    test/fits (round 2): fit place=3: size = 2.5
    ");
    let count = |recorded: Recorded| recorded.usage_summary().unwrap().count;
    assert_eq!(count(recorded.clone().attribute("release", 7)), 3);
    assert_eq!(count(recorded.clone().attribute("release", 7).attribute("size", 2.5)), 2);
    assert_eq!(count(recorded.clone().attribute("size", "3's")), 0, "the last value of a name counts");
    assert_eq!(count(recorded.attribute("owner", "you")), 1);
}
