//! Pages that say what the code says.

use crate::support::State;
use jobmon::model::{AttemptState, RunState, TaskState, WorkflowState};
use jobmon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).unwrap()
}

/// A diagram and a table of moves, as `docs/states.md` shows them.
fn moves<S: Display + Copy>(title: &str, moves: &[(S, S, &str)]) -> String {
    let mut text = format!("## {title}\n\n```mermaid\nstateDiagram-v2\n");
    for (from, to, _) in moves {
        writeln!(text, "    {from} --> {to}").unwrap();
    }
    text += "```\n\n| from | to | when |\n|---|---|---|\n";
    for (from, to, when) in moves {
        writeln!(text, "| `{from}` | `{to}` | {when} |").unwrap();
    }
    text
}

#[test]
fn states_md_shows_the_moves_of_the_code() {
    let page = page("states.md");
    for expected in [
        moves("Task", TaskState::MOVES),
        moves("TaskInstance: an attempt at a task", AttemptState::MOVES),
        moves("Workflow", WorkflowState::MOVES),
        moves("WorkflowRun", RunState::MOVES),
    ] {
        assert!(page.contains(&expected), "docs/states.md lacks this part; put it there:\n{expected}");
    }
}

/// Each table and view with its columns, in order.
type Schema = BTreeMap<String, Vec<String>>;

#[test]
fn schema_md_names_each_table_view_and_column() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("schema");
    wf.add(Command::new("true"));
    wf.run(state.options()).unwrap();
    let mut real = Schema::new();
    let tables = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'";
    for table in state.query(tables).lines() {
        let columns = state.query(&format!("SELECT name FROM pragma_table_info('{table}')"));
        real.insert(table.to_owned(), columns.lines().map(str::to_owned).collect());
    }
    let mut told = Schema::new();
    let mut table = None;
    for line in page("schema.md").lines() {
        if let Some(name) = line.strip_prefix("### `").and_then(|rest| rest.strip_suffix('`')) {
            table = Some(name.to_owned());
            told.insert(name.to_owned(), Vec::new());
        } else if let (Some(table), Some(rest)) = (&table, line.strip_prefix("| `")) {
            told.get_mut(table).unwrap().push(rest.split('`').next().unwrap().to_owned());
        }
    }
    assert_eq!(told, real);
}

#[test]
fn the_questions_of_schema_md_can_be_asked() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("schema");
    wf.add(Command::new("false").max_attempts(1));
    wf.run(state.options()).unwrap();
    let page = page("schema.md");
    let questions: Vec<&str> = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(questions.len() >= 2);
    let answers: Vec<String> = questions.iter().map(|question| state.query(question)).collect();
    assert_eq!(answers[0], "false 1 exited with code 1");
}
