//! What a task can wait for: tasks, and sets of tasks.

use crate::id::{SetId, TaskId};
use crate::plan::handle::NOBODYS;
use crate::plan::{TaskRef, TaskSet};
use std::sync::{Arc, OnceLock};

/// A node of the graph that a task waits for, in four bytes: a task, or a set of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Need(u32);

impl Need {
    const SET: u32 = 1 << 31;

    pub(crate) const fn task(task: TaskId) -> Self {
        Self(task.0)
    }

    pub(crate) const fn set(set: SetId) -> Self {
        Self(set.0 | Self::SET)
    }

    pub(crate) const fn as_task(self) -> Option<TaskId> {
        if self.0 & Self::SET == 0 { Some(TaskId(self.0)) } else { None }
    }

    pub(crate) const fn as_set(self) -> Option<SetId> {
        if self.0 & Self::SET == 0 { None } else { Some(SetId(self.0 & !Self::SET)) }
    }

    /// The node's place where the sets stand behind all `tasks`.
    pub(crate) const fn node(self, tasks: u32) -> u32 {
        if self.0 & Self::SET == 0 { self.0 } else { tasks + (self.0 & !Self::SET) }
    }
}

/// Takes the upstreams of one task.
#[derive(Clone, Debug, Default)]
pub struct Upstreams(Vec<AnyUpstream>);

/// An upstream without the type of its template.
#[derive(Clone, Debug)]
pub(crate) enum AnyUpstream {
    Task { workflow: u32, task: TaskId },
    Set { workflow: u32, set: SetNode },
}

impl Upstreams {
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = AnyUpstream> {
        self.0.drain(..)
    }

    fn task<T: ?Sized>(&mut self, handle: TaskRef<T>) {
        let workflow = handle.workflow();
        match handle.task() {
            Some(task) => self.0.push(AnyUpstream::Task { workflow, task }),
            // It was looked up in a set of no workflow, which nobody could be told of; as one of another workflow it is.
            None if workflow == NOBODYS => self.0.push(AnyUpstream::Task { workflow, task: TaskId(0) }),
            // A poisoned handle was told where it was made.
            None => {}
        }
    }

    fn set<T>(&mut self, set: &TaskSet<T>) {
        match set.len() {
            0 => {}
            1 => self.0.extend(set.task_ids().map(|task| AnyUpstream::Task { workflow: set.workflow(), task })),
            _ => self.0.push(AnyUpstream::Set { workflow: set.workflow(), set: set.node().clone() }),
        }
    }
}

/// The node that a set becomes when a task first waits for it; shared by the clones of the set.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetNode(Arc<SetNodeState>);

#[derive(Debug, Default)]
struct SetNodeState {
    members: OnceLock<Vec<TaskId>>,
    id: OnceLock<SetId>,
}

impl SetNode {
    /// Writes down the members, the first time.
    pub(crate) fn with_members(&self, members: impl Iterator<Item = TaskId>) -> &Self {
        self.0.members.get_or_init(|| members.collect());
        self
    }

    pub(crate) fn members(&self) -> &[TaskId] {
        self.0.members.get().map_or(&[], Vec::as_slice)
    }

    /// The number of the node, which is given by `insert` when it is first asked for.
    pub(crate) fn id_or_insert(&self, insert: impl FnOnce() -> SetId) -> SetId {
        *self.0.id.get_or_init(insert)
    }
}

/// What can be an upstream of a task: a [`TaskRef`], a [`TaskSet`], and options, lists and references of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a handle of a task",
    label = "not a `TaskRef` or `TaskSet`",
    note = "an upstream is a `TaskRef<T>`, `Option<TaskRef<T>>`, `Vec<TaskRef<T>>` or `TaskSet<T>`, as `Workflow::add` and `add_all` give them"
)]
///
/// ```
/// # use jobmon::prelude::*;
/// use jobmon::plan::Upstream;
///
/// /// A report that waits for anything.
/// fn report(wf: &mut Workflow, after: impl Upstream) {
///     wf.add(Command::new("report").upstream(after));
/// }
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let fits = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
/// report(&mut wf, &fits);
/// assert!(wf.check().is_ok());
/// ```
pub trait Upstream {
    /// Gives the handles.
    fn put(&self, upstreams: &mut Upstreams);
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> Upstream for TaskRef<T> {
    fn put(&self, upstreams: &mut Upstreams) {
        upstreams.task(*self);
    }
}

#[diagnostic::do_not_recommend]
impl<T> Upstream for TaskSet<T> {
    fn put(&self, upstreams: &mut Upstreams) {
        upstreams.set(self);
    }
}

#[diagnostic::do_not_recommend]
impl<U: Upstream> Upstream for Option<U> {
    fn put(&self, upstreams: &mut Upstreams) {
        self.iter().for_each(|upstream| upstream.put(upstreams));
    }
}

#[diagnostic::do_not_recommend]
impl<U: Upstream> Upstream for [U] {
    fn put(&self, upstreams: &mut Upstreams) {
        self.iter().for_each(|upstream| upstream.put(upstreams));
    }
}

#[diagnostic::do_not_recommend]
impl<U: Upstream, const N: usize> Upstream for [U; N] {
    fn put(&self, upstreams: &mut Upstreams) {
        self.as_slice().put(upstreams);
    }
}

#[diagnostic::do_not_recommend]
impl<U: Upstream> Upstream for Vec<U> {
    fn put(&self, upstreams: &mut Upstreams) {
        self.as_slice().put(upstreams);
    }
}

#[diagnostic::do_not_recommend]
impl<U: Upstream + ?Sized> Upstream for &U {
    fn put(&self, upstreams: &mut Upstreams) {
        (**self).put(upstreams);
    }
}
