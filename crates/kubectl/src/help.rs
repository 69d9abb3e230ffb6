//! Help pages in kubectl's layout, made from the command tree.

use crate::command::{Command, Tree};
use crate::flags::Flag;

/// The order of headings in `kubectl --help`.
const GROUPS: [&str; 8] = [
    "Basic Commands (Beginner)",
    "Basic Commands (Intermediate)",
    "Deploy Commands",
    "Cluster Management Commands",
    "Troubleshooting and Debugging Commands",
    "Advanced Commands",
    "Settings Commands",
    "Other Commands",
];

/// Returns the page of a command.
pub fn page(tree: &Tree, command: &Command) -> String {
    if command.path.is_empty() {
        return root(tree);
    }
    let mut sections = vec![format!("{}.", command.short.trim_end_matches('.'))];
    if !command.aliases.is_empty() {
        sections.push(format!("Aliases:\n{}, {}", command.name(), command.aliases.join(", ")));
    }
    if !command.examples.is_empty() {
        let lines =
            command.examples.iter().map(|(what, line)| format!("  # {what}\n  {line}")).collect::<Vec<_>>();
        sections.push(format!("Examples:\n{}", lines.join("\n  \n")));
    }
    let children: Vec<&Command> = tree.children(command.path).collect();
    if !children.is_empty() {
        sections.push(format!("Available Commands:\n{}", list(&children, width(children.iter().copied()))));
    }
    if let Some(options) = options(&command.flags) {
        sections.push(format!("Options:\n{options}"));
    }
    sections.push(format!("Usage:\n  {}", command.usage));
    let mut page = sections.join("\n\n");
    page.push_str("\n\n");
    if !children.is_empty() {
        page += &format!(
            "Use \"{} <command> --help\" for more information about a given command.\n",
            command.full_path()
        );
    }
    page + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
}

fn root(tree: &Tree) -> String {
    let mut page = String::from(
        "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n",
    );
    page += &groups(tree);
    page + "Usage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n\
            Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
}

/// Returns the grouped list of commands.
pub fn groups(tree: &Tree) -> String {
    let mut out = String::new();
    for group in GROUPS {
        let members: Vec<&Command> = tree.children("").filter(|c| c.group == group).collect();
        if group == "Other Commands" {
            out += "Subcommands provided by plugins:\n\n";
        }
        out += &format!("{group}:\n{}\n\n", list(&members, width(tree.children(""))));
    }
    out
}

/// The width of the column of names: that of the longest, at least 11.
fn width<'a>(commands: impl Iterator<Item = &'a Command>) -> usize {
    commands.map(|c| c.name().len()).max().unwrap_or(0).max(11)
}

fn list(commands: &[&Command], width: usize) -> String {
    commands.iter().map(|c| format!("  {:width$}   {}", c.name(), c.short)).collect::<Vec<_>>().join("\n")
}

fn options(flags: &[Flag]) -> Option<String> {
    let shown: Vec<String> = flags
        .iter()
        .filter(|f| !f.deprecated)
        .map(|f| {
            let short = f.short.map(|s| format!("-{s}, ")).unwrap_or_default();
            format!("    {short}--{}={}:\n\t{}", f.name, f.default, f.usage)
        })
        .collect();
    (!shown.is_empty()).then(|| shown.join("\n\n"))
}

/// Returns `kubectl options`.
pub fn global_options(tree: &Tree, home: &str) -> String {
    let text = options(&tree.global).unwrap_or_default().replace("$HOME", home);
    format!("The following options can be passed to any command:\n\n{text}\n")
}
