//! A small tree of coded things, kept as a list with parents first.

use std::collections::HashMap;

/// Something with a code and, below the top, a parent's code.
pub trait Node {
    /// Its code, unique in the tree.
    fn code(&self) -> &str;
    /// Its parent's code; `None` at the top.
    fn parent(&self) -> Option<&str>;
}

/// Why a list of nodes is not a tree; the number is the node's place in the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Two nodes have one code.
    #[error("the code \"{1}\" is used twice")]
    Twice(usize, String),
    /// A parent is not in the list.
    #[error("the parent \"{1}\" does not exist")]
    NoParent(usize, String),
    /// A node is its own ancestor.
    #[error("\"{1}\" is its own ancestor")]
    Cycle(usize, String),
}

impl TreeFault {
    /// Place in the list of the node that is at fault.
    pub const fn index(&self) -> usize {
        match self {
            Self::Twice(i, _) | Self::NoParent(i, _) | Self::Cycle(i, _) => *i,
        }
    }
}

/// Nodes in the order of their file, with look-up by code.
#[derive(Debug, Clone)]
pub struct Tree<T> {
    nodes: Vec<T>,
    by_code: HashMap<String, usize>,
}

impl<T> Default for Tree<T> {
    /// A tree without nodes.
    fn default() -> Self {
        Self { nodes: Vec::new(), by_code: HashMap::new() }
    }
}

impl<T: Node> Tree<T> {
    /// Checks codes and parents.
    pub fn new(nodes: Vec<T>) -> Result<Self, TreeFault> {
        let mut by_code = HashMap::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            if by_code.insert(node.code().to_owned(), i).is_some() {
                return Err(TreeFault::Twice(i, node.code().to_owned()));
            }
        }
        let tree = Self { nodes, by_code };
        for (i, node) in tree.nodes.iter().enumerate() {
            let mut steps = 0;
            let mut at = node;
            while let Some(parent) = at.parent() {
                at = tree.get(parent).ok_or_else(|| TreeFault::NoParent(i, parent.to_owned()))?;
                steps += 1;
                if steps > tree.nodes.len() {
                    return Err(TreeFault::Cycle(i, node.code().to_owned()));
                }
            }
        }
        Ok(tree)
    }

    /// The node with this code.
    pub fn get(&self, code: &str) -> Option<&T> {
        self.by_code.get(code).map(|&i| &self.nodes[i])
    }

    /// Place in the list of the node with this code.
    pub fn index_of(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).copied()
    }

    /// All nodes in the order of their file.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.nodes.iter()
    }

    /// The nodes directly under `parent`; `None` asks for the top.
    pub fn children<'a>(&'a self, parent: Option<&'a str>) -> impl Iterator<Item = &'a T> {
        self.nodes.iter().filter(move |n| n.parent() == parent)
    }

    /// `code` and the codes above it, from the node upwards.
    pub fn ancestors<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        std::iter::successors(self.get(code), |n| n.parent().and_then(|p| self.get(p)))
            .map(Node::code)
            .collect()
    }

    /// Whether `code` is `above` or lies under it.
    pub fn is_within(&self, code: &str, above: &str) -> bool {
        self.ancestors(code).contains(&above)
    }
}

impl<'a, T: Node> IntoIterator for &'a Tree<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Leaf(&'static str, Option<&'static str>);

    impl Node for Leaf {
        fn code(&self) -> &str {
            self.0
        }
        fn parent(&self) -> Option<&str> {
            self.1
        }
    }

    #[test]
    fn a_node_is_within_itself_and_everything_above() {
        let tree =
            Tree::new(vec![Leaf("a", None), Leaf("b", Some("a")), Leaf("c", Some("b"))]).unwrap();
        assert_eq!(tree.ancestors("c"), ["c", "b", "a"]);
        assert!(tree.is_within("c", "a") && tree.is_within("a", "a") && !tree.is_within("a", "c"));
    }

    #[test]
    fn faults_name_the_node() {
        let twice = Tree::new(vec![Leaf("a", None), Leaf("a", None)]).err();
        assert_eq!(twice, Some(TreeFault::Twice(1, "a".into())));
        let lost = Tree::new(vec![Leaf("a", Some("x"))]).err();
        assert_eq!(lost, Some(TreeFault::NoParent(0, "x".into())));
        let cycle = Tree::new(vec![Leaf("a", Some("b")), Leaf("b", Some("a"))]).err();
        assert_eq!(cycle, Some(TreeFault::Cycle(0, "a".into())));
    }
}
