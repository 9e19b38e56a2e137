//! Whether a program may go on with a workflow whose tasks are others now, and what runs again then.

use crate::dag::Graph;
use crate::id::TaskId;
use crate::model::TaskState;
use crate::plan::{Identities, PlanData};
use crate::run::start::full_name;
use crate::run::{Result, RunError, RunOptions};
use crate::store::{Database, Difference, Found, Recalled};

/// The done tasks that run again, since they are, or hang on, what is new, waits for other tasks, or runs again.
///
/// Refused is what nobody accepted: what a new version of a template brings needs no leave, nor what an earlier start of
/// the same program began to take over.
pub(super) fn runs_again(
    database: &Database,
    (plan, identities, graph): (&PlanData, &Identities, &Graph),
    found: &Found,
    recalled: &Recalled,
    options: &RunOptions,
) -> Result<Vec<TaskId>> {
    let changes = &recalled.changes;
    if changes.is_none() {
        return Ok(Vec::new());
    }
    let is_done = |task: &TaskId| recalled.states[task.index()] == TaskState::Done;
    let mut from = database.outdated(plan, recalled)?;
    from.extend(changes.added.iter().chain(&changes.rewired));
    if changes.begun.is_some() {
        // Which of them ran again was not written down before that start died.
        from.extend(plan.task_ids().filter(|task| !is_done(task)));
    }
    let reached = graph.downstream_of(from.iter().map(|task| task.0));
    let again: Vec<TaskId> = plan.task_ids().filter(|task| reached[task.index()] && is_done(task)).collect();
    let is_begun = || changes.begun.is_some_and(|begun| begun == identities.whole());
    if options.accept_changes || is_begun() {
        return Ok(again);
    }
    let (name, workflow) = (full_name(plan), found.id);
    if !changes.difference.is_none() {
        let difference = Box::new(Difference { again: again.len(), ..changes.difference.clone() });
        return Err(RunError::TasksChanged { name, workflow, difference }.into());
    }
    if changes.begun.is_some() {
        return Err(RunError::ChangesUnfinished { name, workflow }.into());
    }
    Ok(again)
}

#[cfg(test)]
mod tests {
    use crate::engine::Event;
    use crate::exec::local::Remnants;
    use crate::id::TaskId;
    use crate::plan::{Command, TaskExt as _, TaskSet, Tool, Workflow};
    use crate::report::Progress;
    use crate::run::RunOptions;
    use crate::run::start::{Ready, Started, start};
    use crate::run::surroundings::{Alone, Surroundings};
    use crate::time::SystemClock;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::sync::Arc;

    /// Each task with those before it that it waits for.
    type Tasks = BTreeMap<u32, BTreeSet<u32>>;

    /// What a workflow is at one start: whether upstreams are said as sets, and which tasks fail afterwards.
    #[derive(Clone, Debug)]
    struct Step {
        tasks: Tasks,
        as_sets: bool,
        fail: BTreeSet<u32>,
    }

    /// A step changes some of the tasks of the one before: one goes, one that was there once comes back as it was, one waits
    /// for others.
    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let upstreams = || proptest::collection::btree_set(0_u32..7, 0..4);
        let first = proptest::collection::vec(upstreams(), 7);
        let change = (0_u32..7, proptest::option::weighted(0.3, upstreams()));
        let changes = proptest::collection::vec(change, 0..3);
        let fail = proptest::collection::btree_set(0_u32..30, 0..3);
        let step = (changes, any::<bool>(), fail);
        (first, proptest::collection::vec(step, 4..8)).prop_map(|(first, steps)| {
            let mut shapes: Tasks = (0..).zip(first).collect();
            let mut there: BTreeSet<u32> = shapes.keys().copied().collect();
            let step = steps.into_iter().map(|(changes, as_sets, fail)| {
                changes.into_iter().for_each(|change| make(change, &mut shapes, &mut there));
                let upstreams = |task: &u32| shapes[task].range(..task).copied().filter(|other| there.contains(other));
                Step { tasks: there.iter().map(|task| (*task, upstreams(task).collect())).collect(), as_sets, fail }
            });
            step.collect()
        })
    }

    /// A task waits for others, or goes, or comes.
    fn make((task, upstreams): (u32, Option<BTreeSet<u32>>), shapes: &mut Tasks, there: &mut BTreeSet<u32>) {
        match upstreams {
            Some(upstreams) => drop(shapes.insert(task, upstreams)),
            None if there.len() > 1 && there.remove(&task) => {}
            None => drop(there.insert(task)),
        }
    }

    fn workflow(step: &Step) -> Workflow {
        let mut wf = Tool::new("test").workflow("random");
        let mut sets: BTreeMap<u32, TaskSet<Command>> = BTreeMap::new();
        for (task, after) in &step.tasks {
            let mut all = TaskSet::default();
            after.iter().for_each(|other| all.extend(&sets[other]));
            let command = Command::new("true").node_arg("id", *task);
            let command = if step.as_sets { command.upstream(&all) } else { command.upstream(all.refs()) };
            sets.insert(*task, wf.add_all([command]));
        }
        wf
    }

    fn begin(step: &Step, state: &Path, accept: bool) -> crate::run::Result<Box<Ready>> {
        let options = RunOptions::new().state(state).config(crate::config::Files::None).progress(Progress::Off);
        let options = options.resume(true).accept_changes(accept);
        let clock = SystemClock::start();
        let alone = Alone::default();
        // No run of the test starts a process.
        let around =
            Surroundings { end_remnants: |_| Remnants::default(), ..Surroundings::of_this_machine(&clock, &alone) };
        match start(Arc::clone(workflow(step).plan()), &options, &around)? {
            Started::Run(ready) => Ok(ready),
            Started::Complete(..) => panic!("the workflow never says that it is done"),
        }
    }

    /// What is known of a task that was there once.
    struct Known {
        after: BTreeSet<u32>,
        /// By which attempt it was done.
        done: Option<i64>,
        belongs: bool,
    }

    /// The tasks that stay done, by the rules in words.
    fn kept(step: &Step, known: &BTreeMap<u32, Known>) -> BTreeSet<u32> {
        let mut kept = BTreeSet::new();
        for (task, after) in &step.tasks {
            let Some(Known { after: before, done: Some(done), belongs }) = known.get(task) else { continue };
            let later = |other: &u32| known[other].done > Some(*done);
            if before == after && after.is_subset(&kept) && (*belongs || !after.iter().any(later)) {
                kept.insert(*task);
            }
        }
        kept
    }

    /// Ends the run: all are done that can be, by attempts with rising numbers.
    fn run(step: &Step, ready: &Ready, kept: &BTreeSet<u32>, known: &mut BTreeMap<u32, Known>, last: &mut i64) {
        let file = &ready.database.connection;
        let mut failed = BTreeSet::new();
        known.values_mut().for_each(|known| known.belongs = false);
        for ((task, after), at) in step.tasks.iter().zip(0..) {
            let id = ready.numbers.tasks.of(TaskId(at));
            let mut done = known.get(task).and_then(|known| known.done);
            if !kept.contains(task) {
                let fails = step.fail.contains(task) || !after.is_disjoint(&failed);
                let word = if fails { "FAILED" } else { "DONE" };
                file.execute("UPDATE task SET status = ?2 WHERE id = ?1", (id, word)).unwrap();
                *last += 1;
                let attempt = "INSERT INTO task_instance (id, task_id, workflow_run_id, attempt, status, slot,
                                                          task_resources_id, command_hash, created_at)
                               SELECT ?1, ?2, ?3, 1 + count(*), ?4, 0, 1, zeroblob(16), 0
                               FROM task_instance WHERE task_id = ?2";
                file.execute(attempt, (*last, id, ready.run.0, word)).unwrap();
                done = (!fails).then_some(*last);
                if fails {
                    failed.insert(*task);
                }
            }
            known.insert(*task, Known { after: after.clone(), done, belongs: true });
        }
        file.execute_batch("UPDATE workflow_run SET status = 'STOPPED'; UPDATE workflow SET status = 'STOPPED'")
            .unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_runs_again_is_what_hangs_on_a_change_and_nothing_else(steps in steps()) {
            let state = tempfile::tempdir().unwrap();
            let (mut known, mut last): (BTreeMap<u32, Known>, i64) = (BTreeMap::new(), 0);
            for step in &steps {
                let expected = kept(step, &known);
                let belonged = known.iter().filter(|(_, known)| known.belongs);
                let before: Tasks = belonged.map(|(task, known)| (*task, known.after.clone())).collect();
                let refused = begin(step, state.path(), false).map(drop);
                // The first start begins the workflow, and one without changes goes on.
                prop_assert_eq!(refused.is_err(), !before.is_empty() && before != step.tasks, "{:?}", refused.err());
                let ready = begin(step, state.path(), true).unwrap();
                let done = ready.recalled.iter().filter_map(|event| match event {
                    Event::Recall { task, done: true, .. } => Some(task.index()),
                    _ => None,
                });
                let names: Vec<u32> = step.tasks.keys().copied().collect();
                let done: BTreeSet<u32> = done.map(|at| names[at]).collect();
                prop_assert_eq!(&done, &expected);
                let file = &ready.database.connection;
                let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
                let there = count("SELECT count(*) FROM task WHERE retired_by_run_id IS NULL");
                prop_assert_eq!(there, step.tasks.len());
                prop_assert_eq!(count("SELECT count(*) FROM task WHERE retired_by_run_id IS NULL AND status = 'DONE'"), done.len());
                run(step, &ready, &expected, &mut known, &mut last);
            }
        }
    }
}
