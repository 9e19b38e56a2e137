//! The edges of a graph in two flat arrays.

/// A directed graph of dense nodes: for each node the nodes that wait for it, and how many it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Where each node's targets begin in `targets`; one entry more than nodes.
    offsets: Vec<u32>,
    targets: Vec<u32>,
    needs: Vec<u32>,
}

impl Graph {
    /// The graph of `nodes` nodes with these edges, each from a node to one that waits for it. `edges` is gone through
    /// twice, so that nothing but the result is kept.
    ///
    /// # Panics
    /// If an edge names a node that is not there, or there are 2^32 edges.
    pub fn new<E: Iterator<Item = (u32, u32)>>(nodes: usize, edges: impl Fn() -> E) -> Self {
        let mut offsets = vec![0_u32; nodes + 1];
        let mut needs = vec![0_u32; nodes];
        for (from, to) in edges() {
            let count = &mut offsets[from as usize + 1];
            *count = count.checked_add(1).expect("a graph has fewer than 2^32 edges");
            needs[to as usize] += 1;
        }
        for at in 1..=nodes {
            offsets[at] = offsets[at].checked_add(offsets[at - 1]).expect("a graph has fewer than 2^32 edges");
        }
        let mut targets = vec![0_u32; offsets[nodes] as usize];
        let mut next = offsets.clone();
        for (from, to) in edges() {
            let place = &mut next[from as usize];
            targets[*place as usize] = to;
            *place += 1;
        }
        Self { offsets, targets, needs }
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.needs.len()
    }

    /// How many edges there are.
    pub fn edges(&self) -> usize {
        self.targets.len()
    }

    /// The nodes that wait for `node`, in the order of their edges.
    pub fn waiting_for(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.targets[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// Whether each node is one of `from`, or waits for one of them, directly or not.
    pub fn downstream_of(&self, from: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes()];
        let mut open: Vec<u32> =
            from.into_iter().filter(|node| !std::mem::replace(&mut reached[*node as usize], true)).collect();
        while let Some(node) = open.pop() {
            let next = self.waiting_for(node).iter().copied();
            open.extend(next.filter(|node| !std::mem::replace(&mut reached[*node as usize], true)));
        }
        reached
    }

    /// How many edges lead to each node.
    pub fn needs(&self) -> &[u32] {
        &self.needs
    }
}
