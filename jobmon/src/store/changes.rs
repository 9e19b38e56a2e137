//! What changed between the tasks of a program and those of its workflow, and which of it was meant.

use crate::digest::Digest;
use crate::id::{SetId, TaskId};
use crate::model::Role;
use crate::store::bind::args_json;
use crate::store::difference::{Changed, ChangedTask, Difference};
use crate::store::matching::Templates;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How the tasks of a program differ from those of the state file.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Tasks that only the program has.
    pub(crate) added: Vec<TaskId>,
    /// Tasks that were retired before and come back, each with whether it waits for other tasks than it did then.
    pub(crate) back: Vec<(TaskId, bool)>,
    /// Tasks that wait for other tasks than they did.
    pub(crate) rewired: Vec<TaskId>,
    /// Tasks that only the file has.
    pub(crate) removed: Vec<i64>,
    /// The same for people, without what a new version of a template brings.
    pub(crate) difference: Difference,
    /// The digest of the tasks that an earlier start was about to take over when it died.
    pub(crate) begun: Option<Digest>,
}

impl Changes {
    /// Whether there are none.
    pub(crate) fn is_none(&self) -> bool {
        self.added.is_empty()
            && self.back.is_empty()
            && self.rewired.is_empty()
            && self.removed.is_empty()
            && self.begun.is_none()
    }
}

impl Templates<'_> {
    /// The changes for people, without those that a new version of a template brings: tasks of a version that the
    /// workflow had none of, tasks of a version that the program no longer has, and tasks that wait for such new ones.
    pub(super) fn difference(
        &self,
        connection: &Connection,
        changes: &Changes,
        removed: &[(i64, i64)],
    ) -> rusqlite::Result<Difference> {
        let of_program = self.plan.templates.iter().map(|template| (template.name.as_ref(), template.version));
        let of_program = by_name(of_program);
        let of_file = self.met.iter().filter_map(|id| self.of_file.get(id));
        let of_file = by_name(of_file.map(|(name, version)| (name.as_str(), *version)));
        let is_new = |known: &BTreeMap<&str, BTreeSet<u32>>, name: &str, version: u32| {
            known.get(name).is_some_and(|versions| !versions.contains(&version))
        };
        let on_purpose = |task: TaskId| {
            let template = self.plan.template(task);
            is_new(&of_file, &template.name, template.version)
        };
        let program = |task: TaskId| {
            let [node, given] = [Role::Node, Role::Task].map(|role| args_json(self.plan, task, role));
            Ok::<_, rusqlite::Error>(ChangedTask::new(self.plan.task_name(task), &node, &given))
        };
        let mut difference = Difference::default();
        let mut added: Vec<TaskId> =
            changes.added.iter().copied().chain(changes.back.iter().map(|back| back.0)).collect();
        added.sort_unstable();
        for task in added.into_iter().filter(|task| !on_purpose(*task)) {
            difference.added.note(|| program(task))?;
        }
        for (id, template) in removed {
            let known = self.of_file.get(template);
            if !known.is_some_and(|(name, version)| is_new(&of_program, name, *version)) {
                difference.removed.note(|| of_row(connection, *id))?;
            }
        }
        self.rewired(&changes.rewired, on_purpose, program, &mut difference.rewired)?;
        Ok(difference)
    }

    /// Tasks that wait for other tasks, and for none of a new version: what does runs again in any case.
    fn rewired(
        &self,
        rewired: &[TaskId],
        on_purpose: impl Fn(TaskId) -> bool,
        program: impl Fn(TaskId) -> rusqlite::Result<ChangedTask>,
        told: &mut Changed,
    ) -> rusqlite::Result<()> {
        let mut late: BTreeMap<TaskId, Vec<_>> = BTreeMap::new();
        if !rewired.is_empty() {
            self.plan.late.iter().for_each(|(task, need)| late.entry(*task).or_default().push(*need));
        }
        let mut sets: HashMap<SetId, bool> = HashMap::new();
        for task in rewired {
            let own = self.plan.needs(*task).iter();
            let meant = own.chain(late.get(task).into_iter().flatten()).any(|need| match need.as_set() {
                None => need.as_task().is_some_and(&on_purpose),
                Some(set) => *sets
                    .entry(set)
                    .or_insert_with(|| self.plan.sets[set.index()].members().iter().any(|member| on_purpose(*member))),
            });
            if !meant {
                told.note(|| program(*task))?;
            }
        }
        Ok(())
    }
}

fn by_name<'a>(templates: impl Iterator<Item = (&'a str, u32)>) -> BTreeMap<&'a str, BTreeSet<u32>> {
    let mut by_name: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (name, version) in templates {
        by_name.entry(name).or_default().insert(version);
    }
    by_name
}

fn of_row(connection: &Connection, id: i64) -> rusqlite::Result<ChangedTask> {
    let sql = "SELECT name, node_args, task_args FROM task WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([id], |row| Ok(ChangedTask::new(row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?)))
}
