//! Growing things into groups: from random seeds, each group takes a free neighbour of
//! its own until nothing is free. Groups are connected and of all shapes.

use super::Random;

/// What borders on what, by number. Nobody's cells have no neighbours and are in no list.
pub(super) type Graph = Vec<Vec<u32>>;

/// The group of each node; `None` for nodes without neighbours. `groups` is at most the
/// number of nodes that have some.
pub(super) fn grow(graph: &Graph, groups: u32, random: &mut Random) -> Vec<Option<u32>> {
    let mut of: Vec<Option<u32>> = vec![None; graph.len()];
    let mut nodes: Vec<u32> =
        (0..graph.len() as u32).filter(|n| !graph[*n as usize].is_empty()).collect();
    for i in 0..(groups as usize).min(nodes.len()) {
        let j = i + random.below(nodes.len() - i);
        nodes.swap(i, j);
        of[nodes[i] as usize] = Some(i as u32);
    }
    let mut edge: Vec<u32> = nodes[..(groups as usize).min(nodes.len())].to_vec();
    while !edge.is_empty() {
        let i = random.below(edge.len());
        let node = edge[i] as usize;
        let free: Vec<u32> =
            graph[node].iter().copied().filter(|n| of[*n as usize].is_none()).collect();
        if free.is_empty() {
            edge.swap_remove(i);
            continue;
        }
        let taken = free[random.below(free.len())];
        of[taken as usize] = of[node];
        edge.push(taken);
    }
    of
}

/// Which groups border on which.
pub(super) fn neighbours(graph: &Graph, of: &[Option<u32>], groups: u32) -> Graph {
    let mut out: Graph = vec![Vec::new(); groups as usize];
    for (node, near) in graph.iter().enumerate() {
        let Some(own) = of[node] else { continue };
        for other in near.iter().filter_map(|n| of[*n as usize]).filter(|o| *o != own) {
            out[own as usize].push(other);
        }
    }
    for near in &mut out {
        near.sort_unstable();
        near.dedup();
    }
    out
}

/// Gives one node in fifty to a group that may be anywhere, but never a group's last.
pub(super) fn exchange(of: &mut [Option<u32>], groups: u32, random: &mut Random) {
    for _ in 0..of.len() / 50 {
        let (node, to) = (random.below(of.len()), random.below(groups as usize) as u32);
        if of[node].is_some() && of.iter().filter(|g| **g == of[node]).count() > 1 {
            of[node] = Some(to);
        }
    }
}
