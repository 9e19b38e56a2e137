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

#[test]
fn states_md_shows_what_resuming_does() {
    let table = TaskState::MOVES_BETWEEN_RUNS.iter().fold(String::new(), |mut table, (from, to, when)| {
        writeln!(table, "| `{from}` | `{to}` | {when} |").unwrap();
        table
    });
    let expected = format!("begins:\n\n| from | to | when |\n|---|---|---|\n{table}\n");
    assert!(page("states.md").contains(&expected), "docs/states.md lacks this part; put it there:\n{expected}");
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

/// The blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    page.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Fits one year.
#[task_template(command = "fit {year}", memory = "8G")]
struct Fit {
    #[node_arg]
    year: u16,
}

#[test]
fn the_files_of_resources_md_mean_what_the_page_says() {
    let state = State::new();
    let page = page("resources.md");
    let (toml, yaml) = (blocks(&page, "toml"), blocks(&page, "yaml"));
    assert_eq!((toml.len(), yaml.len()), (1, 1));
    let write = |name: &str, text: &str| {
        std::fs::write(state.join(name), text).unwrap();
        state.join(name)
    };
    let build = || {
        let mut wf = Tool::new("covid").max_attempts(5).workflow("model").runtime("2h");
        wf.template::<Fit>(|fit| fit.cores(2).queue("long"));
        let fit = wf.add(Fit { year: 1990 });
        (wf, fit)
    };
    let (wf, fit) = build();
    let wf = wf.config(write("jobmon.toml", &toml[0]));
    wf.check().unwrap();
    let why = wf.explain(fit).unwrap();
    let told = blocks(&page, "text").into_iter().find(|block| block.starts_with("fit year=1990")).unwrap();
    let keys: Vec<&str> = told.lines().skip(1).map(|line| line.trim().split("  ").next().unwrap()).collect();
    assert_eq!(keys, why.rows.iter().map(|row| row.key).collect::<Vec<_>>());
    for line in told.lines().skip(1) {
        let (key, rest) = line.trim().split_once("  ").unwrap();
        let (value, origin) = rest.trim().split_once("  ").unwrap();
        assert_eq!(why.value(key), value, "{line}");
        let Some((said, of)) = origin.trim().split_once(", ") else {
            assert_eq!(why.origin(key), origin.trim(), "{line}");
            continue;
        };
        let real = why.origin(key).replace(&format!("{}/", state.path().display()), "");
        assert!(real.ends_with(of), "{line}: {real}");
        assert!(said.starts_with("src/main.rs:") || real.starts_with(said), "{line}: {real}");
    }
    let (wf, fit) = build();
    let wf = wf.config(jobmon::config::Files::None).resources_file(write("resources.yaml", &yaml[0]));
    wf.check().unwrap();
    let why = wf.explain(fit).unwrap();
    assert_eq!([why.value("memory"), why.value("scale.memory")], ["10G", "x 1.5"]);
}
