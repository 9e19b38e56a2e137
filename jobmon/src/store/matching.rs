//! The tasks of a program beside those of the state file.

use crate::digest::Digest;
use crate::id::{TaskId, TemplateId};
use crate::model::TaskState;
use crate::plan::{Identities, Settled};
use crate::store::changes::Changes;
use crate::store::renew::Renewal;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The tasks of a workflow as earlier runs left them, matched with those of the program.
#[derive(Debug)]
pub(crate) struct Recalled {
    /// For each task of the program its `id`; 0 where the file does not have it.
    pub(crate) ids: Vec<i64>,
    /// For each task of the program where it is: `Registered` where the file does not have it.
    pub(crate) states: Vec<TaskState>,
    /// How they differ.
    pub(crate) changes: Changes,
    /// Tasks of which the program says something else than the file, which needs no leave.
    pub(crate) stale: Vec<TaskId>,
    /// Templates of which some tasks may have been done by another command.
    pub(crate) other_commands: BTreeSet<TemplateId>,
}

impl Recalled {
    /// Whether the tasks are those of the file and all done.
    pub(crate) fn is_complete(&self) -> bool {
        self.changes.is_none() && self.states.iter().all(|state| *state == TaskState::Done)
    }
}

/// What a row of `task` is read for; its columns in the order that [`Matching::take`] expects.
pub(super) const COLUMNS: &str = "id, hash, status, upstreams_hash, task_template_id, retired_by_run_id, status_at,
    name, task_resources_id, max_attempts, priority, op_args, directory, environment";

/// Takes the rows of a workflow's tasks, one by one.
pub(super) struct Matching<'a> {
    identities: &'a Identities,
    renewal: Renewal<'a>,
    templates: Templates<'a>,
    /// The task that a row is of if it stands where it stood when they were written.
    next: TaskId,
    /// The tasks that had no row before the first one that stands elsewhere.
    by_identity: Option<HashMap<Digest, TaskId>>,
    recalled: Recalled,
    /// Tasks that only the file has, each with its template.
    removed: Vec<(i64, i64)>,
    /// What is no state.
    damaged: Option<String>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        connection: &Connection,
        plan: &'a Settled,
        identities: &'a Identities,
        tool: i64,
    ) -> rusqlite::Result<Self> {
        let recalled = Recalled {
            ids: vec![0; plan.tasks.len()],
            states: vec![TaskState::Registered; plan.tasks.len()],
            changes: Changes::default(),
            stale: Vec::new(),
            other_commands: BTreeSet::new(),
        };
        Ok(Self {
            identities,
            renewal: Renewal::new(connection, plan)?,
            templates: Templates::read(connection, plan, tool)?,
            next: TaskId(0),
            by_identity: None,
            recalled,
            removed: Vec::new(),
            damaged: None,
        })
    }

    pub(super) fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let id: i64 = row.get(0)?;
        let template: i64 = row.get(4)?;
        let belongs = row.get_ref(5)? == ValueRef::Null;
        let task = self.find(Digest(row.get(1)?));
        if belongs {
            self.templates.meet(template);
        }
        let Some(task) = task else {
            if belongs {
                self.removed.push((id, template));
            }
            return Ok(());
        };
        let word = row.get_ref(2)?.as_str()?;
        let Some(state) = TaskState::of_word(word) else {
            self.damaged.get_or_insert_with(|| word.to_owned());
            return Ok(());
        };
        self.recalled.ids[task.index()] = id;
        self.recalled.states[task.index()] = state;
        let rewired = row.get_ref(3)?.as_blob()? != self.identities.upstreams(task).0;
        if !belongs {
            self.recalled.changes.back.push((task, rewired));
        } else if rewired {
            self.recalled.changes.rewired.push(task);
        }
        if self.renewal.differs(task, row, state == TaskState::Done)? {
            self.recalled.stale.push(task);
        }
        let of = self.renewal.plan.tasks[task.index()].template;
        if belongs && state == TaskState::Done && row.get::<_, i64>(6)? < self.templates.command_at[of.index()] {
            self.recalled.other_commands.insert(of);
        }
        Ok(())
    }

    /// Rows mostly stand in the order of the plan, so that most tasks are found without looking them up.
    fn find(&mut self, hash: Digest) -> Option<TaskId> {
        let (plan, identities) = (self.renewal.plan, self.identities);
        if self.next.0 < plan.count() && identities.task(self.next) == hash {
            self.next.0 += 1;
            return Some(TaskId(self.next.0 - 1));
        }
        let ids = &self.recalled.ids;
        let open = plan.task_ids().filter(|task| ids[task.index()] == 0);
        let all = || open.map(|task| (identities.task(task), task)).collect();
        let found = self.by_identity.get_or_insert_with(all).get(&hash).copied()?;
        self.next = TaskId(found.0 + 1);
        Some(found)
    }

    /// All rows were taken. Beside what is recalled stands what is no state, if that was found.
    pub(super) fn finish(mut self, connection: &Connection) -> rusqlite::Result<(Recalled, Option<String>)> {
        let plan = self.renewal.plan;
        self.recalled.stale.extend(self.renewal.other_attributes(connection, &self.recalled.ids)?);
        self.recalled.stale.sort_unstable();
        self.recalled.stale.dedup();
        let changes = &mut self.recalled.changes;
        let known = self.recalled.ids.iter().map(|id| *id != 0);
        changes.added = plan.task_ids().zip(known).filter(|(_, known)| !known).map(|(task, _)| task).collect();
        changes.removed = self.removed.iter().map(|(id, _)| *id).collect();
        if !changes.is_none() {
            changes.difference = self.templates.difference(connection, changes, &self.removed)?;
        }
        Ok((self.recalled, self.damaged))
    }
}

/// The templates of the plan beside those of the file.
pub(super) struct Templates<'a> {
    pub(super) plan: &'a Settled,
    /// Name and version of each template of the tool in the file.
    pub(super) of_file: BTreeMap<i64, (String, u32)>,
    /// Those of which the workflow has tasks.
    pub(super) met: BTreeSet<i64>,
    last_met: i64,
    /// For each template of the plan, since when its command is what it is: forever to come where it is not in the file.
    command_at: Vec<i64>,
}

impl<'a> Templates<'a> {
    fn read(connection: &Connection, plan: &'a Settled, tool: i64) -> rusqlite::Result<Self> {
        let sql = "SELECT id, name, version, command_hash, command_at FROM task_template WHERE tool_id = ?1";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([tool])?;
        let mut of_file = BTreeMap::new();
        let mut commands = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let key: (String, u32) = (row.get(1)?, row.get(2)?);
            commands.insert(key.clone(), (Digest(row.get(3)?), row.get(4)?));
            of_file.insert(row.get(0)?, key);
        }
        let command_at = plan.templates.iter().map(|template| {
            let known = commands.get(&(template.name.clone().into_owned(), template.version));
            known.filter(|(hash, _)| *hash == template.command_hash()).map_or(i64::MAX, |(_, at)| *at)
        });
        Ok(Self { plan, of_file, met: BTreeSet::new(), last_met: 0, command_at: command_at.collect() })
    }

    fn meet(&mut self, template: i64) {
        if template != self.last_met {
            self.met.insert(template);
            self.last_met = template;
        }
    }
}
