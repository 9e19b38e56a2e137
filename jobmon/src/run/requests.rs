//! What a run is asked from outside.

use crate::engine::Event;
use crate::model::{Cancel, Limit, Steer};
use crate::run::driver::Driver;
use crate::run::steering::End;
use crate::store::{Answer, Request};

/// What is done about a request, and what is said to it.
struct Reply {
    event: Event,
    accepted: bool,
    words: String,
    limit: Option<Limit>,
}

impl Reply {
    fn done(event: Event, words: impl Into<String>) -> Self {
        Self { event, accepted: true, words: words.into(), limit: None }
    }

    fn refused(words: impl Into<String>) -> Self {
        Self { event: Event::Tick, accepted: false, words: words.into(), limit: None }
    }

    /// With this limit, which is the workflow's from now on.
    fn limit(limit: Option<u32>, words: impl Into<String>) -> Self {
        Self { event: Event::Limit(limit), accepted: true, words: words.into(), limit: Some(Limit(limit)) }
    }
}

impl Driver {
    /// Somebody asks the run to do something: says whether it does, and does it.
    pub(super) fn on_request(&mut self, request: &Request) -> Event {
        // What comes after the end is not answered: the last record says that it was not taken up.
        if self.finished.is_some() || self.is_broken() {
            return Event::Tick;
        }
        let Reply { event, accepted, words, limit } = match &request.what {
            Ok(what) => self.reply(what, &request.by),
            Err(unknown) => Reply::refused(format!("this run does not know what `{unknown}` asks")),
        };
        self.reporter.note(&format_args!("{} asks through `jobmon::control`: {words}", request.by));
        let at = self.clock.now().wall.0;
        self.writer.answer(Answer { request: request.id, accepted, words, at, limit });
        event
    }

    fn reply(&mut self, what: &Steer, by: &str) -> Reply {
        match what {
            Steer::Drain => self.end(End::Drain, by),
            Steer::Stop => self.end(End::Stop(Cancel::Gracefully), by),
            Steer::StopNow => self.end(End::Stop(Cancel::Now), by),
            _ if self.engine.stopping().is_some() => Reply::refused("the run is ending"),
            Steer::Pause => self.pause(),
            Steer::Unpause => self.unpause(),
            Steer::Limit(limit) => {
                self.steering.paused = None;
                self.set_limit(*limit)
            }
            Steer::LimitTemplate { template, tasks } => self.limit_template(template, *tasks),
        }
    }

    fn end(&mut self, end: End, by: &str) -> Reply {
        let before = self.engine.stopping();
        let running = tasks(self.engine.running(None));
        let (harder, words, how) = match end {
            End::Drain => {
                (before.is_none(), format!("nothing new starts, what runs finishes ({running})"), "was drained")
            }
            End::Stop(how) => {
                let ended = match how {
                    Cancel::Gracefully => "ended",
                    Cancel::Now => "ended at once",
                };
                (
                    before < Some(Some(how)),
                    format!("nothing new starts, what runs is {ended} ({running})"),
                    "was stopped",
                )
            }
        };
        if !harder {
            return Reply::done(Event::Tick, "the run is ending already");
        }
        self.steering.leaves = true;
        self.because(&format!("it {how} by {by} through `jobmon::control`"));
        Reply::done(end.event(), words)
    }

    fn pause(&mut self) -> Reply {
        if self.steering.paused.is_some() {
            return Reply::done(Event::Tick, "the run is paused already");
        }
        self.steering.paused = Some(Limit(self.steering.limit));
        self.set_limit(Some(0))
    }

    fn unpause(&mut self) -> Reply {
        match self.steering.paused.take() {
            Some(Limit(limit)) => self.set_limit(limit),
            None if self.steering.limit == Some(0) => {
                Reply::refused("the run was not paused: 0 tasks is its limit, which another one replaces")
            }
            None => Reply::done(Event::Tick, "the run was not paused"),
        }
    }

    fn set_limit(&mut self, limit: Option<u32>) -> Reply {
        let running = self.engine.running(None);
        self.steering.limit = limit;
        let words = match limit {
            Some(0) => format!("nothing new starts, what runs goes on ({})", tasks(running)),
            Some(limit) => format!("{limit} at once at most, {running} now"),
            None => format!("as many at once as the machine has room for, {running} now"),
        };
        Reply::limit(limit, words)
    }

    fn limit_template(&mut self, name: &str, limit: Option<u32>) -> Reply {
        let templates = (0..).zip(&self.launcher.plan.templates);
        let templates: Vec<u32> = templates.filter(|(_, template)| template.name == name).map(|(at, _)| at).collect();
        // Versions of a template share its name.
        let mut events = templates.iter().map(|template| Event::LimitTemplate { template: *template, tasks: limit });
        let Some(event) = events.next() else {
            return Reply::refused(format!("the workflow has no template `{name}`"));
        };
        self.follow_ups.extend(events);
        let running = templates.iter().map(|template| self.engine.running(Some(*template))).sum();
        let words = match limit {
            Some(0) => format!("nothing new starts of `{name}`, what runs goes on ({})", tasks(running)),
            Some(limit) => format!("{limit} of `{name}` at once at most, {running} now"),
            None => format!("`{name}` has no limit of its own, {running} run at once now"),
        };
        Reply::done(event, words)
    }
}

fn tasks(running: usize) -> String {
    if running == 1 { "1 task".to_owned() } else { format!("{running} tasks") }
}
