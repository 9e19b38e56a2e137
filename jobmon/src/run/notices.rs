//! What a person should know before a run goes on.

use crate::plan::Settled;
use crate::run::Result;
use crate::store::{Changes, Database, Found, Recalled};

/// That changed tasks are taken over.
pub(super) fn taken_over(changes: &Changes, again: usize) -> String {
    let parts = [
        (changes.added.len() + changes.back.len(), "added"),
        (changes.removed.len(), "retired"),
        (changes.rewired.len(), "with other upstreams"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}"));
    let parts: Vec<String> = parts.collect();
    let again = match again {
        0 => "no done task runs".to_owned(),
        1 => "1 done task runs".to_owned(),
        again => format!("{again} done tasks run"),
    };
    let notice = if parts.is_empty() {
        format!("an earlier start died while it took changed tasks over, which is finished now; {again} again")
    } else {
        format!("the tasks changed: {}; {again} again", parts.join(", "))
    };
    tracing::info!("{notice}");
    notice
}

/// That tasks which stay done were done by another command than their template has now. The executable is not compared:
/// the commands of a program do not change when it is built anew.
pub(super) fn with_other_commands(
    database: &Database,
    found: &Found,
    plan: &Settled,
    recalled: &Recalled,
) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    for of in &recalled.other_commands {
        let template = &plan.templates[of.index()];
        let since = match database.done_by_other_command(found, template)? {
            0 => continue,
            1 => "1 of its tasks was".to_owned(),
            count => format!("{count} of its tasks were"),
        };
        let notice = format!(
            "the command of `{}` changed since {since} done; what is done stays so, a higher `version` runs it again",
            template.name
        );
        tracing::info!(template = %template.name, "{notice}");
        notices.push(notice);
    }
    Ok(notices)
}
