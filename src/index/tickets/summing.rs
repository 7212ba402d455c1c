//! The making of sums ([`super::sums`]): from the rows up, and of what is there already where
//! that says enough.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::TicketIndex;
use super::row::NOWHERE;
use super::sorted::Sorted;
use super::sums::{Group, Groups, LEVELS, List, Name, Of, ZOOMS, keys, name_of};

/// A list is kept where it is this much shorter than its rows.
const SHORTER: u64 = 8;
/// The finest of [`ZOOMS`], of which the others follow.
const FINEST: u8 = ZOOMS[2];

impl TicketIndex {
    /// The index with every group that it lacks, made on as many threads. Costs some tens of
    /// nanoseconds a ticket of those groups, less where smaller ones are there.
    #[must_use]
    pub fn summed(&self, threads: usize) -> Self {
        let make = || {
            let made = Mutex::new(Groups::new());
            let mut names: Vec<Name> = self.parts.keys().map(|key| name_of(LEVELS, *key)).collect();
            names.dedup();
            names.retain(|name| !self.groups.contains_key(name));
            names.par_iter().for_each(|name| drop(self.node(*name, &BTreeSet::new(), &made)));
            made.into_inner().unwrap_or_else(PoisonError::into_inner)
        };
        // Threads of their own, so that no question waits for them.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let made = pool.map_or_else(|_| make(), |pool| pool.install(make));
        let mut index = self.clone();
        for (name, group) in made {
            index.groups.entry(name).or_insert(group);
        }
        index
    }

    /// Whether [`Self::summed`] would add anything. Cheap.
    pub fn lacks_sums(&self) -> bool {
        let filled = self.parts.iter().filter(|(_, part)| part.sorted.len() > 0);
        let mut below: Vec<i64> = filled.map(|(key, _)| *key).collect();
        (1..=LEVELS).any(|level| {
            let groups = below.chunk_by(|a, b| a >> 2 == b >> 2);
            let lacks = groups
                .filter(|members| members.len() > 1)
                .any(|members| !self.groups.contains_key(&(level, members[0] >> 2)));
            below = below.iter().map(|place| place >> 2).collect();
            below.dedup();
            lacks
        })
    }

    /// Takes over the groups of another index that are of the parts of this one.
    pub(super) fn adopt(&mut self, groups: &Groups) {
        for (name, group) in groups {
            if !self.groups.contains_key(name) && group.is_of(*name, &self.parts) {
                self.groups.insert(*name, Arc::clone(group));
            }
        }
    }

    /// The index with the sums of another that are of the same rows.
    #[must_use]
    pub fn with_sums_of(&self, other: &Self) -> Self {
        let mut index = self.clone();
        index.adopt(&other.groups);
        index
    }

    /// Drops the groups that are no longer of the parts.
    pub(super) fn drop_stale(&mut self) {
        let Self { groups, parts, .. } = self;
        groups.retain(|name, group| group.is_of(*name, parts));
    }

    /// The finest cells of a group or of a part, without some categories; adds the groups that
    /// are not there, it and those below it, to `made`.
    fn node(&self, name: Name, without: &BTreeSet<u16>, made: &Mutex<Groups>) -> Node {
        if name.0 == 0 {
            let part = self.parts.get(&name.1);
            return part.map(|part| Node::of(&part.sorted, without)).unwrap_or_default();
        }
        let Some(group) = self.groups.get(&name) else {
            let mut nodes = self.nodes_below(name, &BTreeSet::new(), made);
            let mut node = match nodes.len() {
                // A single one is no group.
                0 | 1 => nodes.pop().unwrap_or_default(),
                _ => {
                    let node = Node::around(nodes);
                    let group = Arc::new(node.group(self, name));
                    made.lock().unwrap_or_else(PoisonError::into_inner).insert(name, group);
                    node
                }
            };
            node.of.retain(|category, _| !without.contains(category));
            return node;
        };
        // What it keeps need not be counted again.
        let mut node = Node::default();
        let mut known = without.clone();
        let mut all_known = true;
        for category in group.categories() {
            if without.contains(&category) {
                continue;
            }
            match Finest::kept(group, category) {
                Some(finest) => {
                    node.of.insert(category, finest);
                    known.insert(category);
                }
                None => all_known = false,
            }
        }
        if all_known {
            return node;
        }
        let mut nodes = self.nodes_below(name, &known, made);
        nodes.push(node);
        Node::around(nodes)
    }

    fn nodes_below(&self, name: Name, without: &BTreeSet<u16>, made: &Mutex<Groups>) -> Vec<Node> {
        let parts = self.parts.range(keys(name));
        let mut below: Vec<Name> = parts.map(|(key, _)| name_of(name.0 - 1, *key)).collect();
        below.dedup();
        below.par_iter().map(|name| self.node(*name, without, made)).collect()
    }
}

impl Group {
    fn categories(&self) -> BTreeSet<u16> {
        let runs = self.parts.iter().flat_map(|(_, sorted)| sorted.runs());
        runs.map(|(category, ..)| category).collect()
    }
}

/// The finest cells of the rows of a group, by category.
#[derive(Debug, Default)]
struct Node {
    of: BTreeMap<u16, Finest>,
}

/// Cells of [`FINEST`].
#[derive(Debug, Default)]
struct Finest {
    cells: Vec<(u64, u32)>,
    placed: u64,
    unplaced: u64,
}

impl Finest {
    /// Those that a group keeps of a category, if it does.
    fn kept(group: &Group, category: u16) -> Option<Self> {
        let List { cells, counts } = group.lists.get(&(Some(category), FINEST))?;
        let cells: Vec<(u64, u32)> = cells.iter().copied().zip(counts.iter().copied()).collect();
        let placed = cells.iter().map(|(_, count)| u64::from(*count)).sum();
        let unplaced = group.unplaced.get(&Some(category)).copied().unwrap_or(0);
        Some(Self { cells, placed, unplaced })
    }
}

impl Node {
    fn of(sorted: &Sorted, without: &BTreeSet<u16>) -> Self {
        let shift = 64 - 2 * u32::from(FINEST);
        let mut node = Self::default();
        for (category, run, _) in sorted.runs().filter(|(c, ..)| !without.contains(c)) {
            let finest = node.of.entry(category).or_default();
            let placed = sorted.codes[run.clone()].partition_point(|code| *code != NOWHERE);
            let codes = &sorted.codes[run.start..run.start + placed];
            let same = codes.chunk_by(|a, b| a >> shift == b >> shift);
            finest.cells = same.map(|same| (same[0] >> shift, same.len() as u32)).collect();
            finest.placed = placed as u64;
            finest.unplaced = (run.len() - placed) as u64;
        }
        node
    }

    fn around(nodes: Vec<Self>) -> Self {
        let mut around = Self::default();
        for node in nodes {
            for (category, finest) in node.of {
                let all = around.of.entry(category).or_default();
                all.cells.extend(finest.cells);
                all.placed += finest.placed;
                all.unplaced += finest.unplaced;
            }
        }
        around.of.values_mut().for_each(|finest| finest.cells = together(&finest.cells, 0));
        around
    }

    /// The group of these cells.
    fn group(&self, index: &TicketIndex, name: Name) -> Group {
        let parts = index.parts.range(keys(name)).filter(|(_, part)| part.sorted.len() > 0);
        let mut group = Group {
            parts: parts.map(|(key, part)| (*key, Arc::clone(&part.sorted))).collect(),
            ..Group::default()
        };
        let mut all = Finest::default();
        for (category, finest) in &self.of {
            keep(&mut group, Some(*category), finest);
            all.cells.extend(&finest.cells);
            all.placed += finest.placed;
            all.unplaced += finest.unplaced;
        }
        all.cells = together(&all.cells, 0);
        keep(&mut group, None, &all);
        group
    }
}

/// Adds the lists of a category to a group, where they are worth it.
fn keep(group: &mut Group, of: Of, finest: &Finest) {
    if finest.unplaced > 0 {
        group.unplaced.insert(of, finest.unplaced);
    }
    for zoom in ZOOMS {
        let cells = together(&finest.cells, 2 * u32::from(FINEST - zoom));
        if cells.len() as u64 * SHORTER > finest.placed {
            continue;
        }
        let counts: Vec<u32> = cells.iter().map(|(_, count)| *count).collect();
        let cells: Vec<u64> = cells.into_iter().map(|(cell, _)| cell).collect();
        group.lists.insert((of, zoom), List { cells: cells.into(), counts: counts.into() });
    }
}

/// Cells along the curve, each once, `shift` bits larger than they were.
fn together(cells: &[(u64, u32)], shift: u32) -> Vec<(u64, u32)> {
    let mut sorted: Vec<(u64, u32)> = cells.iter().map(|(c, n)| (c >> shift, *n)).collect();
    // Stable, because it makes use of lists that are in order already.
    sorted.sort_by_key(|(cell, _)| *cell);
    sorted.dedup_by(|(next, more), (cell, count)| {
        let same = next == cell;
        if same {
            *count += *more;
        }
        same
    });
    sorted.shrink_to_fit();
    sorted
}
