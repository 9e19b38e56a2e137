//! Of all that is said, what holds.

use crate::config::settings::{Said, Settings};
use crate::model::{Cluster, Queue, Scale};
use crate::units::{Cores, Memory, WallTime};

/// By what something is said, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// By nobody: built in.
    BuiltIn,
    /// By the defaults of the queue.
    QueueDefault,
    /// By the template's attribute.
    Attribute,
    /// By a file of resources that the program names.
    ResourcesFile,
    /// By the user's own configuration.
    UserFile,
    /// By the configuration of the project: `jobmon.toml` of the working directory or its nearest parent.
    ProjectFile,
    /// By a variable `JOBMON_SET_..`.
    Variable,
    /// By a call in the program.
    Call,
}

/// Of what something is said, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of all workflows of a tool.
    Tools,
    /// Of all tasks of a workflow.
    Workflows,
    /// Of all tasks of a template.
    Templates,
    /// Of one task.
    Tasks,
}

/// What somebody says of something.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// By what.
    pub source: Source,
    /// Of what.
    pub level: Level,
    /// What is said.
    pub settings: &'a Settings,
}

/// What holds, and who says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held<T> {
    /// By what it is said.
    pub source: Source,
    /// Of what it is said.
    pub level: Level,
    /// What is said, and where.
    pub said: Said<T>,
}

/// What holds of all that is said: the strongest source first, within it the level nearest to the task; of equals the last.
pub fn strongest<T>(said: impl IntoIterator<Item = (Source, Level, T)>) -> Option<(Source, Level, T)> {
    said.into_iter().max_by_key(|(source, level, _)| (*source, *level))
}

/// What holds for a task, key by key.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// See [`Settings::memory`].
    pub memory: Option<Held<Memory>>,
    /// See [`Settings::runtime`].
    pub runtime: Option<Held<WallTime>>,
    /// See [`Settings::cores`].
    pub cores: Option<Held<Cores>>,
    /// See [`Settings::max_attempts`].
    pub max_attempts: Option<Held<u32>>,
    /// See [`Settings::memory_scale`].
    pub memory_scale: Option<Held<Scale<Memory>>>,
    /// See [`Settings::runtime_scale`].
    pub runtime_scale: Option<Held<Scale<WallTime>>>,
    /// See [`Settings::queue`].
    pub queue: Option<Held<Queue>>,
    /// See [`Settings::cluster`].
    pub cluster: Option<Held<Cluster>>,
}

impl Merged {
    /// What holds of what these say. Each key is looked at by itself.
    pub fn of(layers: &[Layer<'_>]) -> Self {
        Self {
            memory: held(layers, |said| said.memory.as_ref()),
            runtime: held(layers, |said| said.runtime.as_ref()),
            cores: held(layers, |said| said.cores.as_ref()),
            max_attempts: held(layers, |said| said.max_attempts.as_ref()),
            memory_scale: held(layers, |said| said.memory_scale.as_ref()),
            runtime_scale: held(layers, |said| said.runtime_scale.as_ref()),
            queue: held(layers, |said| said.queue.as_ref()),
            cluster: held(layers, |said| said.cluster.as_ref()),
        }
    }
}

fn held<T: Clone>(layers: &[Layer<'_>], key: impl Fn(&Settings) -> Option<&Said<T>>) -> Option<Held<T>> {
    let said = layers.iter().filter_map(|layer| Some((layer.source, layer.level, key(layer.settings)?)));
    strongest(said).map(|(source, level, said)| Held { source, level, said: said.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::At;
    use proptest::prelude::*;

    const SOURCES: [Source; 8] = [
        Source::BuiltIn,
        Source::QueueDefault,
        Source::Attribute,
        Source::ResourcesFile,
        Source::UserFile,
        Source::ProjectFile,
        Source::Variable,
        Source::Call,
    ];
    const LEVELS: [Level; 4] = [Level::Tools, Level::Workflows, Level::Templates, Level::Tasks];

    /// Written the other way round: from the strongest to the weakest, the first that says something.
    fn reference<T: Copy>(said: &[(Source, Level, Option<T>)]) -> Option<(Source, Level, T)> {
        for source in SOURCES.into_iter().rev() {
            for level in LEVELS.into_iter().rev() {
                let here = said.iter().rev().find(|(s, l, value)| (*s, *l) == (source, level) && value.is_some());
                if let Some((_, _, Some(value))) = here {
                    return Some((source, level, *value));
                }
            }
        }
        None
    }

    /// What one layer says of each key; what it says of the others is nothing.
    type Spoken = [Option<u32>; 8];

    fn settings(spoken: Spoken) -> Settings {
        let said = |key: usize| spoken[key];
        let name = |count| format!("name{count}");
        let factor = |count| 1.0 + f64::from(count);
        Settings {
            memory: said(0).map(|count| Said::new(Memory::from_bytes(count.into()), At::BuiltIn)),
            runtime: said(1).map(|count| Said::new(WallTime::from_seconds(count.into()), At::BuiltIn)),
            cores: said(2).and_then(Cores::new).map(|cores| Said::new(cores, At::BuiltIn)),
            max_attempts: said(3).map(|count| Said::new(count, At::BuiltIn)),
            memory_scale: said(4).map(|count| Said::new(Scale::By(factor(count)), At::BuiltIn)),
            runtime_scale: said(5).map(|count| Said::new(Scale::By(factor(count)), At::BuiltIn)),
            queue: said(6).map(|count| Said::new(Queue::named(&name(count)), At::BuiltIn)),
            cluster: said(7).map(|count| Said::new(Cluster::named(&name(count)), At::BuiltIn)),
        }
    }

    /// What holds of each key, as text.
    fn told(merged: Merged) -> [Option<(Source, Level, String)>; 8] {
        fn told<T: std::fmt::Display>(held: Option<Held<T>>) -> Option<(Source, Level, String)> {
            held.map(|held| (held.source, held.level, held.said.value.to_string()))
        }
        [
            told(merged.memory),
            told(merged.runtime),
            told(merged.cores),
            told(merged.max_attempts),
            told(merged.memory_scale),
            told(merged.runtime_scale),
            told(merged.queue),
            told(merged.cluster),
        ]
    }

    proptest! {
        /// Value and origin of each of the keys come from the same place, whatever is said of the other ones.
        #[test]
        fn each_key_comes_from_the_strongest_that_says_it(
            said in proptest::collection::vec(
                (0_usize..8, 0_usize..4, proptest::array::uniform8(proptest::option::of(1_u32..9))), 0..12),
        ) {
            let all: Vec<Settings> = said.iter().map(|(_, _, spoken)| settings(*spoken)).collect();
            let layers: Vec<Layer<'_>> = said.iter().zip(&all).map(|((source, level, _), settings)| Layer {
                source: SOURCES[*source], level: LEVELS[*level], settings,
            }).collect();
            let found = told(Merged::of(&layers));
            for (key, found) in found.into_iter().enumerate() {
                let of_key: Vec<_> = said.iter().map(|(s, l, spoken)| (SOURCES[*s], LEVELS[*l], spoken[key])).collect();
                let expected = reference(&of_key).map(|(source, level, count)| {
                    let mut alone = [None; 8];
                    alone[key] = Some(count);
                    let layer = Layer { source, level, settings: &settings(alone) };
                    told(Merged::of(&[layer]))[key].clone()
                });
                prop_assert_eq!(found, expected.flatten());
            }
        }
    }

    #[test]
    fn the_order_is_that_of_the_list() {
        assert!(SOURCES.is_sorted() && LEVELS.is_sorted());
        let (weak, strong) = ((Source::Attribute, Level::Tasks, 1), (Source::UserFile, Level::Tools, 2));
        assert_eq!(strongest([strong, weak]), Some(strong), "a file corrects the program's defaults");
    }
}
