//! The tree of commands: what `commands.txt` says about each, joined with the function that runs it (`cmd.rs`).

use collections::OrdMap;

use crate::cx::Cx;
use crate::error::CmdError;
use crate::flags::Flag;
use crate::host::LocalBoxFuture;

/// What a command does: it gets its context and prints what it has to say.
pub type Run = for<'a> fn(&'a Cx) -> LocalBoxFuture<'a, Result<(), CmdError>>;

/// One command of the tree.
#[derive(Clone, Debug)]
pub struct Command {
    /// Words after `kubectl`, e.g. `rollout status`.
    pub path: &'static str,
    /// Other words for the last one of `path`.
    pub aliases: Vec<&'static str>,
    /// The heading under which the parent lists it.
    pub group: &'static str,
    /// The line in the list of commands.
    pub short: &'static str,
    /// The line after `Usage:`.
    pub usage: &'static str,
    /// Its own; those of all commands are [`Tree::global`].
    pub flags: Vec<Flag>,
    /// Flags that must be given.
    pub required: Vec<&'static str>,
    /// What a line does, and the line.
    pub examples: Vec<(&'static str, &'static str)>,
}

impl Command {
    /// Returns the last word of the path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit(' ').next().unwrap_or("")
    }

    /// Returns `kubectl rollout status`.
    pub fn full_path(&self) -> String {
        if self.path.is_empty() { "kubectl".into() } else { format!("kubectl {}", self.path) }
    }

    fn parent(&self) -> Option<&'static str> {
        if self.path.is_empty() {
            return None;
        }
        Some(self.path.rsplit_once(' ').map_or("", |(p, _)| p))
    }
}

/// All commands, and the flags that each of them takes.
pub struct Tree {
    /// In the order of `commands.txt`: parents before their children.
    pub commands: Vec<Command>,
    /// `kubectl options`.
    pub global: Vec<Flag>,
}

impl Tree {
    /// Reads `commands.txt`.
    pub fn load() -> Tree {
        let mut shared: OrdMap<&'static str, &'static str> = OrdMap::new();
        let mut tree = Tree { commands: Vec::new(), global: Vec::new() };
        for line in include_str!("commands.txt").lines() {
            if line.is_empty() || line.starts_with('#') || line == "options" {
                continue;
            }
            if let Some(rest) = line.strip_prefix("shared ") {
                let (name, flag) = rest.split_once(' ').expect("a shared line has a name and a flag");
                shared.insert(name, flag);
                continue;
            }
            if let Some(path) = line.strip_prefix("command") {
                tree.commands.push(Command {
                    path: path.trim(),
                    aliases: Vec::new(),
                    group: "",
                    short: "",
                    usage: "",
                    flags: Vec::new(),
                    examples: Vec::new(),
                    required: Vec::new(),
                });
                continue;
            }
            let Some(command) = tree.commands.last_mut() else {
                tree.global.extend(Flag::parse(line));
                continue;
            };
            match line.split_once(' ') {
                Some(("group", rest)) => command.group = rest,
                Some(("short", rest)) => command.short = rest,
                Some(("usage", rest)) => command.usage = rest,
                Some(("required", rest)) => command.required = rest.split(' ').collect(),
                Some(("example", rest)) => command.examples.extend(rest.split_once('|')),
                Some(("aliases", rest)) => command.aliases = rest.split(' ').collect(),
                _ if line.starts_with('@') => {
                    for name in line.split(' ') {
                        command.flags.extend(shared.get(&name[1..]).and_then(|l| Flag::parse(l)));
                    }
                }
                _ => command.flags.extend(Flag::parse(line)),
            }
        }
        tree
    }

    /// Returns the root, `kubectl` itself.
    pub fn root(&self) -> &Command {
        &self.commands[0]
    }

    /// Returns the commands directly below `path`.
    pub fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Command> {
        self.commands.iter().filter(move |c| c.parent() == Some(path))
    }

    /// Returns the child of `path` with this name or alias.
    pub fn child(&self, path: &str, name: &str) -> Option<&Command> {
        self.commands
            .iter()
            .find(|c| c.parent() == Some(path) && (c.name() == name || c.aliases.contains(&name)))
    }

    /// Returns all flags a command takes: its own and the global ones.
    pub fn flags_of(&self, command: &Command) -> Vec<Flag> {
        command
            .flags
            .iter()
            .chain(self.global.iter().filter(|g| !command.flags.iter().any(|f| f.name == g.name)))
            .cloned()
            .collect()
    }

    /// Walks down from the root as cobra's `Find` does: the first word that is no flag names the next command, and flags
    /// before it take their values along. Returns the command and the words left for it.
    pub fn find(&self, words: &[String]) -> (&Command, Vec<String>) {
        let mut command = self.root();
        let mut rest = words.to_vec();
        while let Some(at) = self.next_name(command, &rest) {
            let Some(next) = self.child(command.path, &rest[at]) else { break };
            command = next;
            rest.remove(at);
        }
        (command, rest)
    }

    /// True if the words hold one that is neither a flag nor the value of one.
    pub fn has_word(&self, words: &[String]) -> bool {
        self.next_name(self.root(), words).is_some()
    }

    fn next_name(&self, command: &Command, words: &[String]) -> Option<usize> {
        let flags = self.flags_of(command);
        let mut i = 0;
        while i < words.len() {
            let word = words[i].as_str();
            if word == "--" {
                return None;
            }
            if word.starts_with("--") && !word.contains('=') {
                let bare = flags.iter().any(|f| f.name == &word[2..] && f.no_opt.is_some());
                i += if bare || word == "--help" { 1 } else { 2 };
            } else if word.len() == 2 && word.starts_with('-') {
                let bare =
                    flags.iter().any(|f| f.short.is_some_and(|s| word.ends_with(s)) && f.no_opt.is_some());
                i += if bare || word == "-h" { 1 } else { 2 };
            } else if word.starts_with('-') || word.is_empty() {
                i += 1;
            } else {
                return Some(i);
            }
        }
        None
    }

    /// Returns the names cobra would suggest for a mistyped command: at most two edits away, or what it begins.
    pub fn suggestions(&self, typed: &str) -> Vec<&'static str> {
        let low = typed.to_lowercase();
        self.children("")
            .map(|c| c.name())
            .filter(|name| edit_distance(&low, name) <= 2 || name.starts_with(&low))
            .collect()
    }
}

/// Levenshtein distance.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
