//! What must hold after each step.

use crate::engine::canary::Canary;
use crate::engine::state::{Engine, Phase};
use crate::model::{TaskState, TaskStatus};

impl Engine {
    /// Panics where the engine contradicts itself. For tests, after each step.
    pub(super) fn check_invariants(&self) {
        for state in TaskState::ALL {
            let counted = self.tasks.iter().filter(|task| task.state() == *state).count();
            assert_eq!(self.counts.of(*state), counted, "the counter of {state}");
            let by_template: usize = self.by_template.iter().map(|counts| counts.of(*state)).sum();
            assert_eq!(by_template, counted, "the counters of {state} of all templates");
        }
        for (attempt, live) in &self.live {
            let status = self.status(live.task);
            let fits = match live.phase {
                Phase::Intended | Phase::Durable | Phase::HandedOver { .. } | Phase::Launched => {
                    TaskStatus::Launched { attempt: *attempt }
                }
                Phase::Running => TaskStatus::Running { attempt: *attempt },
            };
            assert_eq!(*status, fits, "{attempt:?} lives as {live:?}");
        }
        for (attempt, live) in &self.live {
            let runs = matches!(live.phase, Phase::Launched | Phase::Running);
            let free = runs && live.follower.is_none();
            assert_eq!(self.without_follower.contains(attempt), free, "{attempt:?} lives as {live:?}");
            let is_next = matches!(live.phase, Phase::HandedOver { after, called_back: false }
                if matches!(self.live[&after].phase, Phase::Launched | Phase::Running));
            let free = is_next && live.follower.is_none();
            assert_eq!(self.followed_by_none.contains(attempt), free, "{attempt:?} lives as {live:?}");
            if let Some(follower) = live.follower {
                let waits = matches!(self.live[&follower].phase, Phase::HandedOver { after, .. } if after == *attempt);
                assert!(waits, "{follower:?} follows {attempt:?}");
            }
            if let Phase::HandedOver { after, .. } = live.phase {
                assert_eq!(self.live[&after].follower, Some(*attempt), "{attempt:?} waits for {after:?}");
            }
        }
        let admitted: Vec<_> = self.live.values().filter(|live| live.admitted).collect();
        let cores: u32 = admitted.iter().map(|live| live.class.booking.cores).sum();
        let memory: u64 = admitted.iter().map(|live| u64::from(live.class.booking.memory)).sum();
        assert_eq!(self.admission.used(), (u32::try_from(admitted.len()).unwrap(), cores, memory), "what is in use");
        assert!(cores <= self.admission.limits.cores, "cores are overcommitted");
        let there_is = self.admission.limits.memory.map_or(u64::MAX, |memory| memory.bytes() >> 20);
        assert!(memory <= there_is, "memory is overcommitted");
        self.check_templates();
        let busy = self.tasks.iter().filter(|task| matches!(task.state(), TaskState::Launched | TaskState::Running));
        assert_eq!(busy.count(), self.live.len(), "each busy task has one live attempt");
        let waiting = self.queue.len() + self.delayed.len() + self.asking.len();
        if self.started && self.stopping.is_none() {
            assert_eq!(self.counts.of(TaskState::Queued), waiting, "each queued task waits in one place");
        }
        let slots: std::collections::BTreeSet<_> = self.live.values().map(|live| live.slot).collect();
        assert_eq!(slots.len(), self.live.len(), "no two attempts share output files");
    }

    fn check_templates(&self) {
        for (template, counted) in (0_u32..).zip(self.admission.live()) {
            let living = self.live.values().filter(|live| self.facts[live.task.index()].template == template);
            match counted {
                Some(counted) => {
                    assert_eq!(*counted as usize, living.clone().count(), "what lives of template {template}");
                    assert!(living.clone().all(|live| live.class.template == Some(template)), "{template} is counted");
                }
                None => {
                    let limit = self.admission.limits.templates[template as usize];
                    assert_eq!(limit, None, "template {template} has a limit and is not counted");
                }
            }
            let canary = self.admission.canaries.get(template as usize);
            if canary.is_some_and(|canary| *canary != Canary::Passed) {
                assert!(living.count() <= 1, "others of template {template} live beside its canary");
            }
        }
    }
}
