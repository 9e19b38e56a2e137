//! What tells the tasks of a plan, and what each waits for, from those of another.

use crate::digest::{Digest, Digester};
use crate::id::{SetId, TaskId};
use crate::plan::data::PlanData;
use crate::plan::identity::identity;
use std::cmp::Reverse;
use std::collections::HashMap;

/// For each task its identity, and a digest of the set of tasks that it waits for.
///
/// That digest is the sum of their identities: who waits for a list and who waits for a set of the same tasks, in whatever
/// order and however often they are named, wait for the same. A set is added up once, so that it costs one edge here too.
#[derive(Debug)]
pub(crate) struct Identities {
    tasks: Vec<Digest>,
    upstreams: Vec<Digest>,
}

impl Identities {
    /// The digest for a task that waits for none.
    pub(crate) const NO_UPSTREAMS: Digest = Digest([0; 16]);

    pub(crate) fn of(plan: &PlanData) -> Self {
        let tasks: Vec<Digest> = plan.task_ids().map(|task| identity(plan, task)).collect();
        let mut late = plan.late.clone();
        late.sort_unstable();
        let mut late = late.into_iter().peekable();
        let mut sums = Sums::new(plan, &tasks);
        let upstreams = plan.task_ids().map(|task| {
            let own = plan.needs(task).iter().copied();
            let late = std::iter::from_fn(|| late.next_if(|(of, _)| *of == task)).map(|(_, need)| need);
            own.chain(late).for_each(|need| match need.as_set() {
                Some(set) => sums.waits_for_set.push(set),
                None => sums.waits_for.extend(need.as_task()),
            });
            sums.take()
        });
        let upstreams = upstreams.collect();
        Self { tasks, upstreams }
    }

    /// The identity of a task.
    pub(crate) fn task(&self, task: TaskId) -> Digest {
        self.tasks[task.index()]
    }

    /// The same for the set of tasks that it waits for.
    pub(crate) fn upstreams(&self, task: TaskId) -> Digest {
        self.upstreams[task.index()]
    }

    /// Of all tasks and edges together.
    pub(crate) fn whole(&self) -> Digest {
        let mut digester = Digester::new("jobmon tasks 1");
        self.tasks.iter().chain(&self.upstreams).for_each(|digest| digester.digest(digest));
        digester.finish()
    }
}

/// Adds identities up.
struct Sums<'a> {
    plan: &'a PlanData,
    identities: &'a [Digest],
    /// The sum of each set.
    sets: Vec<u128>,
    /// The sum of each combination of sets that some task waits for.
    unions: HashMap<Vec<SetId>, u128>,
    /// The members of a set in order, where somebody had to look one up.
    sorted: HashMap<SetId, Vec<TaskId>>,
    /// What the task that is looked at waits for.
    waits_for: Vec<TaskId>,
    waits_for_set: Vec<SetId>,
}

impl<'a> Sums<'a> {
    fn new(plan: &'a PlanData, identities: &'a [Digest]) -> Self {
        let mut sums = Self {
            plan,
            identities,
            sets: Vec::new(),
            unions: HashMap::new(),
            sorted: HashMap::new(),
            waits_for: Vec::new(),
            waits_for_set: Vec::new(),
        };
        sums.sets = plan.sets.iter().map(|set| sums.sum(set.members().iter().copied())).collect();
        sums
    }

    fn sum(&self, tasks: impl Iterator<Item = TaskId>) -> u128 {
        tasks.fold(0, |sum, task| sum.wrapping_add(u128::from_le_bytes(self.identities[task.index()].0)))
    }

    /// The sum of what was pushed, each task once.
    fn take(&mut self) -> Digest {
        let (mut tasks, mut sets) = (std::mem::take(&mut self.waits_for), std::mem::take(&mut self.waits_for_set));
        tasks.sort_unstable();
        tasks.dedup();
        sets.sort_unstable();
        sets.dedup();
        let sum = if sets.is_empty() {
            self.sum(tasks.iter().copied())
        } else {
            let of_sets = self.union(&sets);
            let alone: Vec<TaskId> = tasks.iter().copied().filter(|task| !self.is_in(*task, &sets)).collect();
            of_sets.wrapping_add(self.sum(alone.into_iter()))
        };
        tasks.clear();
        sets.clear();
        (self.waits_for, self.waits_for_set) = (tasks, sets);
        Digest(sum.to_le_bytes())
    }

    /// The sum of the tasks that are in one of the sets: that of the largest, and of the others what is in none before.
    fn union(&mut self, sets: &[SetId]) -> u128 {
        if let [only] = sets {
            return self.sets[only.index()];
        }
        if let Some(known) = self.unions.get(sets) {
            return *known;
        }
        let plan = self.plan;
        let mut by_size = sets.to_vec();
        by_size.sort_by_key(|set| Reverse(plan.sets[set.index()].members().len()));
        let mut sum = self.sets[by_size[0].index()];
        for at in 1..by_size.len() {
            let members = plan.sets[by_size[at].index()].members();
            let more: Vec<TaskId> = members.iter().copied().filter(|task| !self.is_in(*task, &by_size[..at])).collect();
            sum = sum.wrapping_add(self.sum(more.into_iter()));
        }
        self.unions.insert(sets.to_vec(), sum);
        sum
    }

    fn is_in(&mut self, task: TaskId, sets: &[SetId]) -> bool {
        let plan = self.plan;
        sets.iter().any(|set| {
            let members = self.sorted.entry(*set).or_insert_with(|| {
                let mut members = plan.sets[set.index()].members().to_vec();
                members.sort_unstable();
                members
            });
            members.binary_search(&task).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Command, TaskExt as _, TaskRef, TaskSet, Tool, Workflow};

    /// Four tasks, and one more that waits as `wire` says: the digest of what it waits for.
    fn wired(wire: impl FnOnce(&mut Workflow, &TaskSet<Command>, TaskRef<Command>)) -> Digest {
        let mut wf = Tool::new("test").workflow("wired");
        let fits = wf.add_all((0..4).map(|id| Command::new("fit").node_arg("id", id)));
        let last = wf.add(Command::new("last"));
        wire(&mut wf, &fits, last);
        Identities::of(wf.plan()).upstreams(last.task().unwrap())
    }

    #[test]
    fn the_same_graph_said_differently_is_the_same() {
        let set = wired(|wf, fits, last| wf.add_upstream(last, fits));
        let list = wired(|wf, fits, last| wf.add_upstream(last, fits.refs()));
        let reversed = wired(|wf, fits, last| fits.refs().into_iter().rev().for_each(|fit| wf.add_upstream(last, fit)));
        let both = wired(|wf, fits, last| {
            wf.add_upstream(last, fits);
            wf.add_upstream(last, fits.refs());
        });
        let overlapping = wired(|wf, fits, last| {
            wf.add_upstream(last, fits.pick(&[0, 1, 2]));
            wf.add_upstream(last, fits.pick(&[1, 2, 3]));
            wf.add_upstream(last, fits.refs()[2]);
        });
        assert_eq!([list, reversed, both, overlapping], [set; 4]);
        let fewer = wired(|wf, fits, last| wf.add_upstream(last, fits.pick(&[1, 2, 3])));
        assert_ne!(fewer, set);
        assert_eq!(wired(|_, _, _| {}), Identities::NO_UPSTREAMS);
    }

    #[test]
    fn a_combination_of_sets_is_added_up_once() {
        let mut wf = Tool::new("test").workflow("joins");
        let fits = wf.add_all((0..40).map(|id| Command::new("fit").node_arg("id", id)));
        let (early, late) = (fits.pick(&[0, 1, 2]), fits.pick(&[2, 3, 4]));
        wf.add_all((0..20).map(|id| Command::new("sum").node_arg("id", id).upstream(&early).upstream(&late)));
        let identities: Vec<Digest> = wf.plan().task_ids().map(|task| identity(wf.plan(), task)).collect();
        let mut sums = Sums::new(wf.plan(), &identities);
        for task in wf.plan().task_ids() {
            sums.waits_for_set.extend(wf.plan().needs(task).iter().filter_map(|need| need.as_set()));
            sums.take();
        }
        assert_eq!((sums.unions.len(), sums.sorted.len()), (1, 1));
    }
}
