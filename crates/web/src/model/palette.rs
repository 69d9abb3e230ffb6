//! The command palette: everything that can be gone to or done by its words, and any line for the terminal.

use collections::StableSort;

use crate::model::kinds::KINDS;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Goes to a view, by its name in the list of views.
    View(&'static str),
    /// Goes to a kind's list.
    Kind(&'static str),
    /// Does something of the page's own.
    Do(Act),
    /// Runs a line in the terminal.
    Line(String),
}

/// Deeds of the page itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Lets the clock run, or stops it.
    Play,
    /// One reconcile.
    Step,
    /// Until nothing but periodic work is due.
    RunUntilIdle,
    /// A little back.
    Rewind,
    /// To the newest moment.
    Live,
    /// A branch from the moment shown.
    Branch,
    /// The next higher speed.
    Faster,
    /// The next lower speed.
    Slower,
    /// The dialog that makes a link.
    Share,
    /// The dialog of a new cluster.
    NewCluster,
    /// The table of what is simulated.
    Fidelity,
    /// The table of keys.
    Keys,
    /// The next of system, light and dark.
    Theme,
    /// A further terminal.
    Terminal,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its words: what is searched.
    pub title: String,
    /// The key that does the same, or what it is.
    pub hint: &'static str,
    /// What it does.
    pub deed: Deed,
}

/// Deeds with their words and keys.
const ACTS: [(Act, &str, &str); 14] = [
    (Act::Play, "Pause or play", "Space"),
    (Act::Step, "Step: one reconcile", ">"),
    (Act::RunUntilIdle, "Run until idle", ""),
    (Act::Rewind, "Rewind to before the last command", "<"),
    (Act::Live, "Back to live", "l"),
    (Act::Branch, "Branch from the moment shown", "b"),
    (Act::Faster, "Faster", "]"),
    (Act::Slower, "Slower", "["),
    (Act::Share, "Share this cluster", ""),
    (Act::NewCluster, "New cluster", ""),
    (Act::Fidelity, "What is simulated", ""),
    (Act::Keys, "Keys and help", "?"),
    (Act::Theme, "Light or dark colours", ""),
    (Act::Terminal, "Go to the terminal", "Ctrl `"),
];

/// Entries shown at most.
const MOST: usize = 12;

/// The entries that fit a query, best first. `views` are their ids and titles.
pub fn entries(query: &str, views: &[(&'static str, &'static str)]) -> Vec<Entry> {
    let query = query.trim();
    let views =
        views.iter().map(|(id, title)| Entry { title: (*title).into(), hint: "view", deed: Deed::View(id) });
    let kinds = KINDS.iter().map(|it| Entry {
        title: if it.kind.ends_with('s') { it.kind.into() } else { format!("{}s", it.kind) },
        hint: "table",
        deed: Deed::Kind(it.kind),
    });
    let acts =
        ACTS.iter().map(|(act, title, hint)| Entry { title: (*title).into(), hint, deed: Deed::Do(*act) });
    let mut fit: Vec<(usize, Entry)> =
        views.chain(acts).chain(kinds).filter_map(|it| Some((rank(query, &it.title)?, it))).collect();
    fit.stable_sort_by_key(|it| it.0);
    let mut found: Vec<Entry> = fit.into_iter().map(|it| it.1).take(MOST).collect();
    if !query.is_empty() {
        let line = Entry { title: query.into(), hint: "run in the terminal", deed: Deed::Line(query.into()) };
        match query.starts_with("kubectl ") || query.starts_with("k ") {
            true => found.insert(0, line),
            false => found.push(line),
        }
    }
    found
}

/// How well a title fits: 0 begins with the query, 1 has a word that does, 2 has its letters in order.
fn rank(query: &str, title: &str) -> Option<usize> {
    let (query, title) = (query.to_ascii_lowercase(), title.to_ascii_lowercase());
    if title.starts_with(&query) {
        return Some(0);
    }
    if title.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&query)) {
        return Some(1);
    }
    let mut letters = title.chars();
    query.chars().all(|wanted| letters.any(|it| it == wanted)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_query_comes_first() {
        let found = entries("re", &[("resources", "Resources")]);
        assert_eq!(found[0].deed, Deed::View("resources"));
        assert!(found.iter().any(|it| it.deed == Deed::Kind("ReplicaSet")));
        assert!(found.iter().any(|it| it.deed == Deed::Do(Act::Rewind)));
    }

    #[test]
    fn a_line_can_be_run() {
        let line = |it: &Entry| it.deed == Deed::Line("kubectl get pods".into());
        assert!(entries("kubectl get pods", &[]).first().is_some_and(line));
        assert!(entries("", &[]).iter().all(|it| !matches!(it.deed, Deed::Line(_))));
    }
}
