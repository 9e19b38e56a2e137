//! What is wrong with what is said of a simulation.

use crate::plan::PlanData;
use crate::testing::mishap::{Rule, What};
use crate::testing::{Mishap, Simulation};
use std::collections::BTreeSet;

impl Simulation {
    /// All that is wrong with the rules for a workflow: a rule that cannot strike would let a test pass that shows nothing.
    pub(super) fn mistakes_for(&self, plan: &PlanData) -> Vec<String> {
        let mut mistakes = self.mistakes.clone();
        mistakes.extend(self.machinery.rules.all.iter().filter_map(|rule| rule.mistake(plan)));
        mistakes.extend(self.rates().filter_map(|(what, rate)| {
            let told = format!("the probability of {what} is {rate}, and must be from 0 to 1");
            (!(0.0..=1.0).contains(&rate)).then_some(told)
        }));
        if self.slots == 0 {
            mistakes.push("a cluster without slots runs nothing: `slots` takes a number from 1".to_owned());
        }
        let nodes = self.machinery.nodes;
        if nodes == 0 {
            mistakes.push("a cluster without nodes runs nothing: `nodes` takes a number from 1".to_owned());
        }
        let unknown: BTreeSet<u32> =
            self.machinery.deaths.iter().map(|(_, node)| *node).filter(|n| *n >= nodes).collect();
        mistakes.extend(unknown.into_iter().map(|node| {
            format!(
                "node {node} is to die, and the nodes are 0 to {}: `nodes` says how many there are",
                nodes.max(1) - 1
            )
        }));
        if self.crashes.at_commits.iter().any(|(commit, _)| *commit == 0) {
            mistakes.push("the driver is to die at commit 0, and commits are counted from 1".to_owned());
        }
        if !self.writes && (self.crashes.may_strike() || self.state.is_some()) {
            mistakes.push("a simulation without a state file survives no crash and leaves no state".to_owned());
        }
        mistakes
    }

    /// All probabilities, and of what they are.
    fn rates(&self) -> impl Iterator<Item = (String, f64)> {
        let machinery = &self.machinery;
        let mishaps = machinery.rules.all.iter().filter_map(|rule| match &rule.what {
            What::Sometimes(mishap, rate) => Some((format!("`{mishap:?}` for {}", rule.which), *rate)),
            What::Takes(_) | What::Strikes(..) | What::Needs(_) | What::IgnoresTerm => None,
        });
        let reports = machinery.reports.iter().map(|(fault, rate)| (format!("reports that are `{fault:?}`"), *rate));
        let orders = machinery.submissions.iter().map(|(fault, rate)| (format!("orders that are `{fault:?}`"), *rate));
        mishaps.chain(reports).chain(orders).chain([("crashes".to_owned(), self.crashes.rate)])
    }
}

impl Rule {
    /// Why it can never strike a task of this workflow, if so.
    fn mistake(&self, plan: &PlanData) -> Option<String> {
        let which = &self.which;
        if let Some(mistake) = which.mistake(plan) {
            return Some(format!("a rule of the simulation is for {which}: {mistake}"));
        }
        let (What::Strikes(mishap, _) | What::Sometimes(mishap, _)) = &self.what else { return None };
        let may_strike = *mishap != Mishap::NoOutput
            || plan.task_ids().any(|task| which.includes(plan, task) && plan.leaves_output(task));
        let told = || {
            format!(
                "a rule of the simulation is for {which}: it says `NoOutput`, and none of its tasks has an `output` to leave out"
            )
        };
        (!may_strike).then(told)
    }
}
