//! An order in which each node comes after all that it waits for.

use crate::dag::Graph;

/// The nodes of a graph, each after all that it waits for; and how deep each lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The nodes in order.
    pub nodes: Vec<u32>,
    /// For each node, the number of edges on the longest path to it.
    pub depth: Vec<u32>,
}

/// Nodes that wait for each other: each for the one before it, and the first for the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<u32>);

impl Order {
    /// Orders the nodes of a graph.
    ///
    /// # Errors
    /// One [`Cycle`], where there are any.
    pub fn of(graph: &Graph) -> Result<Self, Cycle> {
        let mut open = graph.needs().to_vec();
        let mut depth = vec![0_u32; graph.nodes()];
        let mut nodes: Vec<u32> = (0..).zip(&open).filter(|(_, needs)| **needs == 0).map(|(node, _)| node).collect();
        let mut at = 0;
        while let Some(&node) = nodes.get(at) {
            at += 1;
            for &next in graph.waiting_for(node) {
                depth[next as usize] = depth[next as usize].max(depth[node as usize] + 1);
                open[next as usize] -= 1;
                if open[next as usize] == 0 {
                    nodes.push(next);
                }
            }
        }
        if nodes.len() == graph.nodes() { Ok(Self { nodes, depth }) } else { Err(find_cycle(graph, &open)) }
    }
}

/// A cycle among the nodes that still have open needs: what lies behind a cycle, too, but each of them has an open
/// need, so walking against the edges must come back to where it was.
fn find_cycle(graph: &Graph, open: &[u32]) -> Cycle {
    let mut came_from = vec![u32::MAX; graph.nodes()];
    let left = (0..).zip(open).filter(|(_, needs)| **needs > 0).map(|(node, _)| node);
    for node in left.clone() {
        for &next in graph.waiting_for(node) {
            if open[next as usize] > 0 {
                came_from[next as usize] = node;
            }
        }
    }
    let start = left.clone().next().expect("an order is missing only where a node has an open need");
    let mut seen = vec![false; graph.nodes()];
    let mut node = start;
    while !std::mem::replace(&mut seen[node as usize], true) {
        node = came_from[node as usize];
    }
    let mut path = vec![node];
    let mut before = came_from[node as usize];
    while before != node {
        path.push(before);
        before = came_from[before as usize];
    }
    path.reverse();
    Cycle(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(nodes: usize, edges: &[(u32, u32)]) -> Graph {
        Graph::new(nodes, || edges.iter().copied())
    }

    #[test]
    fn depth_is_the_longest_path() {
        let order = Order::of(&graph(4, &[(0, 1), (1, 2), (0, 2), (2, 3)])).unwrap();
        assert_eq!((order.nodes, order.depth), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
    }

    #[test]
    fn a_cycle_is_told_without_what_lies_before_and_behind_it() {
        let Cycle(path) = Order::of(&graph(5, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)])).unwrap_err();
        assert_eq!(path.len(), 3);
        assert!(path.iter().all(|node| (1..=3).contains(node)), "{path:?}");
    }

    #[test]
    fn a_node_that_waits_for_itself_is_a_cycle() {
        assert_eq!(Order::of(&graph(2, &[(1, 1)])), Err(Cycle(vec![1])));
    }

    proptest! {
        #[test]
        fn an_order_respects_each_edge_and_a_cycle_is_one(edges in proptest::collection::vec((0_u32..20, 0_u32..20), 0..40)) {
            let graph = graph(20, &edges);
            match Order::of(&graph) {
                Ok(order) => {
                    let mut place = [0; 20];
                    for (at, node) in order.nodes.iter().enumerate() {
                        place[*node as usize] = at;
                    }
                    for (from, to) in edges {
                        prop_assert!(place[from as usize] < place[to as usize]);
                        prop_assert!(order.depth[from as usize] < order.depth[to as usize]);
                    }
                }
                Err(Cycle(path)) => {
                    for (at, node) in path.iter().enumerate() {
                        let next = path[(at + 1) % path.len()];
                        prop_assert!(edges.contains(&(*node, next)), "{path:?}");
                    }
                }
            }
        }
    }
}
