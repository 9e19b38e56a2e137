//! A workflow as a petgraph, for programs that draw or analyse it.

use crate::id::TaskId;
use crate::plan::data::PlanData;
use crate::plan::workflow::GraphNode;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;

pub(crate) fn graph(plan: &PlanData) -> DiGraph<GraphNode, ()> {
    let mut graph = DiGraph::new();
    for task in plan.task_ids() {
        let template = plan.template(task).name.clone().into_owned();
        graph.add_node(GraphNode::Task { name: plan.task_name(task), template });
    }
    for set in &plan.sets {
        graph.add_node(GraphNode::Set { len: set.members().len() });
    }
    for (from, to) in plan.edges() {
        graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), ());
    }
    graph
}

pub(crate) fn template_graph(plan: &PlanData) -> DiGraph<String, usize> {
    let mut names: BTreeMap<&str, NodeIndex> = BTreeMap::new();
    let mut graph = DiGraph::new();
    for template in &plan.templates {
        let name = template.name.as_ref();
        names.entry(name).or_insert_with(|| graph.add_node(name.to_owned()));
    }
    let template_of = |task: TaskId| names[plan.template(task).name.as_ref()];
    let mut edges: BTreeMap<(NodeIndex, NodeIndex), usize> = BTreeMap::new();
    for (need, task) in plan.all_needs() {
        let members = need.as_set().map_or(&[][..], |set| plan.sets[set.index()].members());
        for upstream in need.as_task().iter().chain(members) {
            *edges.entry((template_of(*upstream), template_of(task))).or_default() += 1;
        }
    }
    for ((from, to), count) in edges {
        graph.add_edge(from, to, count);
    }
    graph
}
