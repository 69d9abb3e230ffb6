//! Links and their faults: rules that cut or slow what travels between nodes, pods and the outside.

use api::Str;

/// What happens to traffic on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is in its way.
    Pass,
    /// Everything is lost: connections time out.
    Cut,
    /// This many µs more, one way.
    Slow(i64),
}

/// One end of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Any end, also outside.
    Any,
    /// Everything on the node of this name.
    Node(Str),
    /// A pod ("namespace/name").
    Pod(Str),
    /// Clients and hosts outside the cluster.
    Outside,
}

/// A rule holds in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// One end.
    pub a: Match,
    /// The other end.
    pub b: Match,
    /// What happens to what passes between them.
    pub verdict: Verdict,
}

/// A link as rules see it; empty names are outside the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The node where it comes from.
    pub from_node: &'a str,
    /// The node where it goes to.
    pub to_node: &'a str,
    /// The pod it comes from ("namespace/name").
    pub from: &'a str,
    /// The pod it goes to ("namespace/name").
    pub to: &'a str,
}

impl Match {
    fn holds(&self, node: &str, end: &str) -> bool {
        match self {
            Match::Any => true,
            Match::Node(name) => *name == node,
            Match::Pod(name) => *name == end,
            Match::Outside => node.is_empty(),
        }
    }
}

/// The verdict of the first rule that matches. What stays on one node passes rules about nodes.
pub fn decide(rules: &[Rule], link: &Link) -> Verdict {
    for rule in rules {
        let forth = rule.a.holds(link.from_node, link.from) && rule.b.holds(link.to_node, link.to);
        let back = rule.a.holds(link.to_node, link.to) && rule.b.holds(link.from_node, link.from);
        let inside = !link.from_node.is_empty()
            && link.from_node == link.to_node
            && !matches!((&rule.a, &rule.b), (Match::Pod(_), _) | (_, Match::Pod(_)));
        if (forth || back) && !inside {
            return rule.verdict;
        }
    }
    Verdict::Pass
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_between_two_nodes_leaves_each_node_whole() {
        let rules = [Rule { a: Match::Node("n1".into()), b: Match::Any, verdict: Verdict::Cut }];
        let link = |from_node, to_node| Link { from_node, to_node, from: "", to: "" };
        assert_eq!(decide(&rules, &link("n1", "n2")), Verdict::Cut);
        assert_eq!(decide(&rules, &link("n2", "n1")), Verdict::Cut);
        assert_eq!(decide(&rules, &link("n1", "n1")), Verdict::Pass);
        assert_eq!(decide(&rules, &link("n2", "n3")), Verdict::Pass);
    }
}
