//! What tasks should ask for, judged by what they used.

use crate::model::multiplied;
use crate::run::spread::Spread;
use crate::store::RecordedAttempt;
use crate::units::{Memory, WallTime};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How suggestions are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) quantile: f64,
    pub(super) headroom: f64,
}

impl Default for Asked {
    fn default() -> Self {
        Self { quantile: 1.0, headroom: 1.2 }
    }
}

/// What the tasks of one template should ask for.
///
/// ```
/// use jobmon::Recorded;
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("w");
/// wf.add(Command::new("true").template("fit").cores(1));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let suggestions = Recorded::at(run.state()).suggest_resources()?;
/// let fit = &suggestions.templates[0];
/// assert_eq!((fit.template.as_str(), fit.succeeded, fit.cores), ("fit", 1, Some(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The tool.
    pub tool: String,
    /// The template.
    pub template: String,
    /// How many attempts succeeded, which is what the rest is judged by.
    pub succeeded: usize,
    /// Memory; `None` where nothing has succeeded.
    pub memory: Option<Memory>,
    /// Run time; `None` where nothing has succeeded.
    pub runtime: Option<WallTime>,
    /// Cores; `None` where nothing has succeeded.
    pub cores: Option<u32>,
    /// The queue, where attempts had one.
    pub queue: Option<String>,
}

/// What tasks should ask for, template by template; shown as the TOML of `jobmon.toml`.
///
/// ```
/// # let state = tempfile::tempdir()?;
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// # wf.add(Command::new("true").template("fit"));
/// # let run = wf.run(RunOptions::default().progress(Progress::Off).state(state.path()))?;
/// let suggestions = jobmon::Recorded::at(run.state()).suggest_resources()?;
/// assert_eq!(suggestions.to_string(), suggestions.to_toml());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestions {
    /// The templates, by tool and name.
    pub templates: Vec<Suggestion>,
    asked: Asked,
}

impl Suggestions {
    /// Of attempts that succeeded.
    pub(super) fn of(templates: BTreeMap<(String, String), Vec<RecordedAttempt>>, asked: Asked) -> Self {
        let templates = templates.into_iter().map(|((tool, template), attempts)| {
            let memory: Spread<u64> = attempts.iter().map(|attempt| attempt.usage.peak_memory).collect();
            let time: Spread<Duration> = attempts.iter().map(|attempt| attempt.usage.wall).collect();
            Suggestion {
                tool,
                template,
                succeeded: attempts.len(),
                memory: memory.quantile(asked.quantile).map(|bytes| memory_for(bytes, asked.headroom)),
                runtime: time.quantile(asked.quantile).map(|time| time_for(time, asked.headroom)),
                cores: most_common(attempts.iter().map(|attempt| attempt.cores)),
                queue: most_common(attempts.iter().filter_map(|attempt| attempt.queue.clone())),
            }
        });
        Self { templates: templates.collect(), asked }
    }

    /// As a part of `jobmon.toml`.
    ///
    /// ```
    /// # let state = tempfile::tempdir()?;
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// # wf.add(Command::new("true").template("fit"));
    /// # let run = wf.run(RunOptions::default().progress(Progress::Off).state(state.path()))?;
    /// let toml = jobmon::Recorded::at(run.state()).suggest_resources()?.to_toml();
    /// assert!(toml.contains("[tools.demo.templates.fit]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_toml(&self) -> String {
        self.text(&self.templates, |suggestion| {
            let Suggestion { tool, template, memory, runtime, cores, queue, .. } = suggestion;
            let mut lines = vec![format!("[tools.{}.templates.{}]", key(tool), key(template))];
            lines.extend(memory.map(|memory| format!("memory = \"{memory}\"")));
            lines.extend(runtime.map(|runtime| format!("runtime = \"{runtime}\"")));
            lines.extend(cores.map(|cores| format!("cores = {cores}")));
            lines.extend(queue.as_ref().map(|queue| format!("queue = {}", quoted(queue))));
            lines
        })
    }

    /// As the YAML of the Python original, for tasks of this cluster. A file of it is of one tool: where two have a template of one
    /// name, the larger counts.
    ///
    /// ```
    /// # let state = tempfile::tempdir()?;
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// # wf.add(Command::new("true").template("fit"));
    /// # let run = wf.run(RunOptions::default().progress(Progress::Off).state(state.path()))?;
    /// let yaml = jobmon::Recorded::at(run.state()).tool("demo").suggest_resources()?.to_yaml("slurm");
    /// assert!(yaml.contains("  fit:\n    slurm:\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_yaml(&self, cluster: &str) -> String {
        let body = self.text(&self.by_template(), |suggestion| {
            let Suggestion { template, memory, runtime, cores, queue, .. } = suggestion;
            let mut lines = vec![format!("  {}:", key(template)), format!("    {}:", key(cluster))];
            lines.extend(memory.map(|memory| format!("      memory: \"{}B\"", memory.bytes())));
            lines.extend(runtime.map(|runtime| format!("      runtime: {}", runtime.seconds())));
            lines.extend(cores.map(|cores| format!("      cores: {cores}")));
            lines.extend(queue.as_ref().map(|queue| format!("      queue: {}", quoted(queue))));
            lines
        });
        match self.templates.iter().any(|suggestion| suggestion.succeeded > 0) {
            true => format!("task_template_resources:\n{body}"),
            false => body,
        }
    }

    /// Templates of one name as one, whatever their tool.
    fn by_template(&self) -> Vec<Suggestion> {
        let mut merged: BTreeMap<&str, Suggestion> = BTreeMap::new();
        for suggestion in &self.templates {
            let of = merged.entry(&suggestion.template).or_insert_with(|| suggestion.clone());
            if of.tool != suggestion.tool {
                of.succeeded += suggestion.succeeded;
                of.memory = of.memory.max(suggestion.memory);
                of.runtime = of.runtime.max(suggestion.runtime);
                of.cores = of.cores.max(suggestion.cores);
                of.queue = of.queue.take().or_else(|| suggestion.queue.clone());
            }
        }
        merged.into_values().collect()
    }

    /// Each template's lines, with what they are judged by; in both languages `#` begins a comment.
    fn text(&self, suggestions: &[Suggestion], lines: impl Fn(&Suggestion) -> Vec<String>) -> String {
        let Asked { quantile, headroom } = self.asked;
        let most =
            if quantile < 1.0 { format!("what {:.0} % used at most", quantile * 100.0) } else { "the most".to_owned() };
        let mut text = String::new();
        for suggestion in suggestions {
            if suggestion.succeeded == 0 {
                let Suggestion { tool, template, .. } = suggestion;
                let name = quoted(&format!("{tool}/{template}"));
                text.extend(["# ", &name, ": nothing of it has succeeded yet\n"]);
                continue;
            }
            let attempts = if suggestion.succeeded == 1 { "attempt" } else { "attempts" };
            let judged = format!("# {most} of {} {attempts}, x {headroom}\n", suggestion.succeeded);
            text.push_str(&judged);
            for line in lines(suggestion) {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    }
}

impl fmt::Display for Suggestions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_toml())
    }
}

/// A key as it stands in both languages: bare where it may be.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-');
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A text in quotes, by the rules of JSON, which are those of both languages for what names may hold.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always valid JSON")
}

/// So many times what was used, up to the next whole MiB.
fn memory_for(bytes: u64, headroom: f64) -> Memory {
    const MEBIBYTE: u64 = 1 << 20;
    let bytes = multiplied(bytes, headroom);
    Memory::from_bytes(bytes.div_ceil(MEBIBYTE).max(1).saturating_mul(MEBIBYTE))
}

/// So many times what was used, up to the next whole second, above an hour the next whole minute.
fn time_for(time: Duration, headroom: f64) -> WallTime {
    let seconds = multiplied(time.as_millis().try_into().unwrap_or(u64::MAX), headroom).div_ceil(1000).max(1);
    let step = if seconds > 3600 { 60 } else { 1 };
    WallTime::from_seconds(seconds.div_ceil(step).saturating_mul(step))
}

/// What is there most often; of equals the largest.
fn most_common<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttemptState, Usage};

    fn attempt(mib: u64, seconds: u64, cores: u32, queue: Option<&str>) -> RecordedAttempt {
        RecordedAttempt {
            tool: "my tool".to_owned(),
            template: "fit".to_owned(),
            task: 1,
            state: AttemptState::Done,
            usage: Usage { wall: Duration::from_secs(seconds), peak_memory: mib << 20, ..Usage::default() },
            cores,
            queue: queue.map(str::to_owned),
        }
    }

    fn suggestions(asked: Asked) -> Suggestions {
        let attempts = (1..=100).map(|n| attempt(10 * n, 60 * n, 1 + u32::from(n > 30), (n > 50).then_some("long.q")));
        let of = |template: &str| ("my tool".to_owned(), template.to_owned());
        Suggestions::of(BTreeMap::from([(of("fit"), attempts.collect()), (of("prep"), Vec::new())]), asked)
    }

    #[test]
    fn the_largest_with_a_fifth_more() {
        insta::assert_snapshot!(suggestions(Asked::default()), @r#"
        # the most of 100 attempts, x 1.2
        [tools."my tool".templates.fit]
        memory = "1200M"
        runtime = "2h"
        cores = 2
        queue = "long.q"
        # "my tool/prep": nothing of it has succeeded yet
        "#);
    }

    #[test]
    fn a_quantile_in_the_words_of_the_original() {
        insta::assert_snapshot!(suggestions(Asked { quantile: 0.5, headroom: 1.0 }).to_yaml("slurm"), @r#"
        task_template_resources:
        # what 50 % used at most of 100 attempts, x 1
          fit:
            slurm:
              memory: "529530880B"
              runtime: 3030
              cores: 2
              queue: "long.q"
        # "my tool/prep": nothing of it has succeeded yet
        "#);
    }

    #[test]
    fn templates_of_one_name_are_one_in_the_words_of_the_original() {
        let of = |tool: &str| (tool.to_owned(), "fit".to_owned());
        let (one, two) = (
            vec![attempt(10, 600, 1, None)],
            vec![RecordedAttempt { tool: "other".to_owned(), ..attempt(100, 60, 4, Some("all.q")) }],
        );
        let found = Suggestions::of(BTreeMap::from([(of("my tool"), one), (of("other"), two)]), Asked::default());
        insta::assert_snapshot!(found.to_yaml("local"), @r#"
        task_template_resources:
        # the most of 2 attempts, x 1.2
          fit:
            local:
              memory: "125829120B"
              runtime: 720
              cores: 4
              queue: "all.q"
        "#);
    }

    #[test]
    fn what_is_no_number_is_the_default() {
        let asked = |recorded: crate::run::Recorded| format!("{recorded:?}");
        let plain = || crate::run::Recorded::at("x");
        assert_eq!(asked(plain().quantile(f64::NAN).headroom(f64::INFINITY)), asked(plain()));
        assert_eq!(asked(plain().quantile(7.0).headroom(0.5)), asked(plain().quantile(1.0).headroom(1.0)));
    }

    proptest::proptest! {
        #[test]
        fn what_is_suggested_is_never_less_than_what_was_used(
            used in proptest::collection::vec((0_u64..1 << 40, 0_u64..1 << 40), 1..20),
            headroom in 1.0_f64..10.0,
        ) {
            let attempts = used.iter().map(|(bytes, milliseconds)| {
                let usage =
                    Usage { peak_memory: *bytes, wall: Duration::from_millis(*milliseconds), ..Usage::default() };
                RecordedAttempt { usage, ..attempt(0, 0, 1, None) }
            });
            let of = ("tool".to_owned(), "fit".to_owned());
            let found = Suggestions::of(BTreeMap::from([(of, attempts.collect())]), Asked { quantile: 1.0, headroom });
            let (memory, runtime) = (found.templates[0].memory.unwrap(), found.templates[0].runtime.unwrap());
            proptest::prop_assert!(used.iter().all(|(bytes, _)| *bytes <= memory.bytes()));
            proptest::prop_assert!(used.iter().all(|(_, time)| *time <= runtime.seconds() * 1000));
        }
    }
}
