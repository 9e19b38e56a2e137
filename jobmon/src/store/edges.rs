//! Which task waits for which, as rows.

use crate::id::{SetId, TaskId, WorkflowId};
use crate::plan::PlanData;
use crate::store::bind::{CHUNK, TaskNumbers, reserve};
use crate::store::open::Database;
use rusqlite::params;

/// Writes the sets and edges of a workflow that has none.
pub(super) fn write_edges(
    database: &mut Database,
    plan: &PlanData,
    workflow: WorkflowId,
    tasks: &TaskNumbers,
) -> rusqlite::Result<()> {
    let transaction = database.begin()?;
    let sets = u32::try_from(plan.sets.len()).expect("a workflow has fewer than 2^31 sets");
    let first_set = reserve(&transaction, "task_set", sets)?.start;
    let set_number = |set: SetId| first_set + i64::from(set.0);
    for (set, node) in (0..).map(SetId).zip(&plan.sets) {
        let row = params![
            set_number(set),
            workflow.0,
            u32::try_from(node.members().len()).expect("a set has no more members than there are tasks")
        ];
        transaction.prepare_cached("INSERT INTO task_set (id, workflow_id, size) VALUES (?1, ?2, ?3)")?.execute(row)?;
    }
    transaction.commit()?;
    let number = |node: u32| match plan.set_at(node) {
        Some(set) => (None, Some(set_number(set))),
        None => (Some(tasks.of(TaskId(node))), None),
    };
    let mut edges = plan.edges().peekable();
    while edges.peek().is_some() {
        let transaction = database.begin()?;
        {
            let mut put = transaction.prepare_cached(
                "INSERT INTO edge (upstream_task_id, upstream_set_id, downstream_task_id, downstream_set_id)
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (from, to) in edges.by_ref().take(4 * CHUNK) {
                let ((from_task, from_set), (to_task, to_set)) = (number(from), number(to));
                put.execute((from_task, from_set, to_task, to_set))?;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Takes the sets and edges of a workflow away, a stretch of the table at a time.
pub(super) fn forget_edges(database: &mut Database, workflow: WorkflowId) -> rusqlite::Result<()> {
    let ends = "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM edge";
    let (first, last): (i64, i64) = database.connection.query_row(ends, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sets = "SELECT id FROM task_set WHERE workflow_id = ?1";
    let sql = format!(
        "DELETE FROM edge WHERE id BETWEEN ?2 AND ?3
         AND ((SELECT workflow_id FROM task WHERE task.id = downstream_task_id) = ?1 OR downstream_set_id IN ({sets}))"
    );
    let stretch = i64::try_from(4 * CHUNK).expect("it is small");
    let mut from = first;
    while from <= last {
        let transaction = database.begin()?;
        transaction.prepare_cached(&sql)?.execute((workflow.0, from, from + stretch - 1))?;
        transaction.commit()?;
        from += stretch;
    }
    let transaction = database.begin()?;
    transaction.execute("DELETE FROM task_set WHERE workflow_id = ?1", [workflow.0])?;
    transaction.commit()
}
