//! The driver dies before and after every commit of simulated runs, and again and again, on a real state file that is opened
//! anew each time; then the workflow goes on until it is done.

use jobmon::prelude::*;
use jobmon::testing::{Durations, Mishap, ReportFault, Simulation, Trace};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;
use std::time::Duration;

/// At least so many crashes are survived.
const CRASHES: usize = 10_000;

/// So many workflows in each of two halves, which are gone through side by side.
const CASES: u32 = 95;

/// A small workflow: what each task needs of those before it, and what becomes of it.
#[derive(Clone, Debug)]
struct Small {
    tasks: Vec<(Vec<prop::sample::Index>, Fate)>,
    /// Whether what several tasks need is said as a set.
    sets: bool,
    slots: u32,
    limit: Option<u32>,
    seed: u64,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Succeeds,
    FailsOnce,
    NeedsMemory,
    Fails,
}

fn small() -> impl Strategy<Value = Small> {
    let fate = prop_oneof![
        6 => Just(Fate::Succeeds),
        2 => Just(Fate::FailsOnce),
        1 => Just(Fate::NeedsMemory),
        1 => Just(Fate::Fails),
    ];
    let task = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), fate);
    let limit = prop_oneof![3 => Just(None), 1 => (1_u32..4).prop_map(Some)];
    (prop::collection::vec(task, 1..14), any::<bool>(), 1_u32..5, limit, any::<u64>())
        .prop_map(|(tasks, sets, slots, limit, seed)| Small { tasks, sets, slots, limit, seed })
}

/// The workflow, and the cluster on which its tasks have their fates. Attempts are short, so that some are handed over.
fn workflow(small: &Small) -> (Workflow, Simulation) {
    let mut wf = Tool::new("matrix").workflow("w");
    if let Some(limit) = small.limit {
        wf = wf.max_concurrently_running(limit);
    }
    let between = Durations::between(Duration::from_millis(1), Duration::from_millis(30));
    let mut simulation = Simulation::new(small.seed)
        .slots(small.slots)
        .durations(between)
        .commit_time(Duration::from_millis(3))
        .reports(ReportFault::Doubled, 0.1)
        .reports(ReportFault::OutOfOrder, 0.1);
    let mut sets: Vec<TaskSet<Command>> = Vec::new();
    for (id, (needs, fate)) in small.tasks.iter().enumerate() {
        let mut task = Command::new("work").node_arg("id", id).memory("1G");
        for need in needs.iter().filter(|_| id > 0) {
            let need = &sets[need.index(id)];
            task = if small.sets { task.upstream(need) } else { task.upstream(need.refs()) };
        }
        let set = wf.add_all([task]);
        simulation = match fate {
            Fate::Succeeds => simulation,
            Fate::FailsOnce => simulation.fail(&set, 1),
            Fate::NeedsMemory => simulation.out_of_memory_below(&set, "2G"),
            Fate::Fails => simulation.mishap(&set, Mishap::Signal(11), u32::MAX),
        };
        sets.push(set);
    }
    (wf, simulation)
}

fn survives(small: &Small, crashes: &Cell<usize>) -> Result<(), TestCaseError> {
    let (wf, simulation) = workflow(small);
    let run = |simulation: &Simulation| simulation.run(&wf).map_err(|error| TestCaseError::fail(error.to_string()));
    let undisturbed = run(&simulation)?;
    let compare = |trace: &Trace| {
        crashes.set(crashes.get() + trace.crashes());
        prop_assert_eq!(trace.done(), undisturbed.done(), "{}\n\nundisturbed:\n{}", trace, undisturbed);
        Ok(())
    };
    for commit in 1.. {
        let before = run(&simulation.clone().crash_before_commit(commit))?;
        let after = run(&simulation.clone().crash_after_commit(commit))?;
        compare(&before)?;
        compare(&after)?;
        if before.crashes() == 0 {
            break;
        }
    }
    for rate in [0.02, 0.04, 0.06, 0.08, 0.1] {
        compare(&run(&simulation.clone().crashes(rate))?)?;
    }
    let makespan = undisturbed.makespan();
    for part in 1..8 {
        compare(&run(&simulation.clone().crash_at(makespan * part / 8))?)?;
    }
    Ok(())
}

#[test]
fn whenever_the_driver_dies_the_end_is_the_same() {
    let halves = std::thread::scope(|scope| {
        let half = |stream: u8| scope.spawn(move || crashes_of(stream));
        [half(1), half(2)].map(|half| half.join().unwrap())
    });
    let crashes: usize = halves.iter().sum();
    println!("{crashes} crashes of {} workflows, each ending as it would have without", 2 * CASES);
    assert!(crashes >= CRASHES, "{crashes} crashes are too few");
}

/// How many crashes were survived, of workflows drawn from one stream of chance.
fn crashes_of(stream: u8) -> usize {
    let crashes = Cell::new(0);
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[stream; 32]));
    runner.run(&small(), |case| survives(&case, &crashes)).unwrap_or_else(|error| panic!("{error}"));
    crashes.get()
}

/// Fits behind preps of these numbers, and a report of all fits; the first fit waits for the last prep as well, if it is to.
fn fits(numbers: &[u32], crossed: bool) -> Workflow {
    let mut wf = Tool::new("matrix").workflow("changes");
    let task = |template: &str, id: u32| Command::new(template).template(template).node_arg("id", id);
    let preps = wf.add_all(numbers.iter().map(|id| task("prep", *id)));
    let fits = wf.add_all(numbers.iter().zip(preps.refs()).map(|(id, prep)| task("fit", *id).upstream(prep)));
    if crossed {
        wf.add_upstream(fits.refs()[0], preps.refs()[numbers.len() - 1]);
    }
    wf.add(Command::new("report").template("report").upstream(&fits));
    wf
}

/// The names of the tasks that were done by this simulation, not before.
fn done_again(trace: &Trace) -> Vec<String> {
    let text = trace.to_string();
    let done = text.lines().filter_map(|line| line.split_once(" done ")?.1.split_once(" #"));
    let mut names: Vec<String> = done.map(|(name, _)| name.to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn whenever_the_driver_dies_changed_tasks_are_taken_over_all_the_same() {
    let (before, after) = (fits(&[1, 2, 3], false), fits(&[1, 3, 4], true));
    let accept = RunOptions::default().accept_changes(true);
    let run = |crash: &dyn Fn(Simulation) -> Simulation| {
        let state = tempfile::tempdir().unwrap();
        let simulation = Simulation::new(1).state(state.path());
        simulation.run(&before).unwrap();
        crash(simulation.options(accept.clone())).run(&after).unwrap()
    };
    let undisturbed = run(&|simulation| simulation);
    // The first fit waits for one more, the third number is new, and the report hangs on both.
    let again = ["fit id=1", "fit id=4", "prep id=4", "report"];
    assert_eq!(done_again(&undisturbed), again, "{undisturbed}");
    for commit in 1.. {
        let before = run(&|simulation| simulation.crash_before_commit(commit));
        let after = run(&|simulation| simulation.crash_after_commit(commit));
        for trace in [&before, &after] {
            assert!(trace.finished(), "{trace}");
            assert_eq!(done_again(trace), again, "commit {commit}\n{trace}");
        }
        if before.crashes() == 0 {
            assert!(commit > 10, "there are only {commit} commits");
            break;
        }
    }
}
