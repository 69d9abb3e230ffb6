//! A story as a value: read from a file, and written back when its outputs are blessed.

use std::fmt::Write;

/// One file of `tests/transcripts/`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The prose and settings in front of the first section, as written.
    pub comment: String,
    pub settings: Settings,
    /// Files that lie on the workstation before the first command.
    pub files: Vec<File>,
    pub steps: Vec<Step>,
}

/// `key: value` lines of the comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `seed: N`
    pub seed: u64,
    /// `nodes: N`, the workers beside the control plane.
    pub nodes: u32,
    /// `real-kubectl: yes`: also played through the real kubectl.
    pub real_kubectl: bool,
    /// `proves: S1, S2`: rows of the inventory.
    pub proves: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { seed: 1, nodes: 2, real_kubectl: false, proves: Vec::new() }
    }
}

/// A file of the workstation.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// From the home folder.
    pub path: String,
    pub text: String,
}

/// One step of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `# …`, or an empty line.
    Note(String),
    /// `$ …`
    Command(Command),
    /// `> …` between commands, as words.
    Direction(Vec<String>),
}

/// A command line with what it should print.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// Where it stands, from 1.
    pub line: usize,
    /// What is typed; more lines for a here-document.
    pub text: String,
    /// `> ctrl-c after 30s` below it: it would not end by itself.
    pub interrupt_after: Option<Micros>,
    pub expected: Outcome,
    /// Whether an empty line sets it apart from what follows.
    pub gap: bool,
}

/// Virtual microseconds.
pub type Micros = u64;

/// What a command did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Standard output and standard error as they would show in a terminal.
    pub output: String,
    pub exit: i32,
}

/// The section that holds the steps.
const SESSION: &str = "session";
const NO_NEWLINE: &str = "[no newline]";

impl Story {
    /// Reads a file. An error names its line.
    pub fn parse(text: &str) -> Result<Story, String> {
        let mut story = Story::default();
        let mut section: Option<File> = None;
        let mut session: Option<Vec<(usize, &str)>> = None;
        for (index, line) in text.lines().enumerate() {
            if let Some(name) = section_name(line) {
                story.files.extend(section.take());
                if session.is_some() {
                    return Err(format!("line {}: the session is the last section", index + 1));
                }
                match name {
                    SESSION => session = Some(Vec::new()),
                    path => section = Some(File { path: path.to_string(), text: String::new() }),
                }
            } else if let Some(lines) = &mut session {
                lines.push((index + 1, line));
            } else {
                let text = section.as_mut().map_or(&mut story.comment, |it| &mut it.text);
                let _ = writeln!(text, "{line}");
            }
        }
        story.settings = settings(&story.comment)?;
        story.steps = steps(&session.ok_or("there is no `-- session --`")?)?;
        if !story.steps.iter().any(|it| matches!(it, Step::Command(_))) {
            return Err("the session has no command".to_string());
        }
        Ok(story)
    }

    /// The file again, in canonical form.
    pub fn render(&self) -> String {
        let mut text = self.comment.clone();
        for file in &self.files {
            let _ = write!(text, "-- {} --\n{}", file.path, file.text);
        }
        let _ = writeln!(text, "-- {SESSION} --");
        for step in &self.steps {
            match step {
                Step::Note(note) => text.push_str(note),
                Step::Direction(words) => text.push_str(&format!("> {}", words.join(" "))),
                Step::Command(command) => {
                    render_command(command, &mut text);
                    continue;
                }
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

fn section_name(line: &str) -> Option<&str> {
    line.strip_prefix("-- ")?.strip_suffix(" --").filter(|it| !it.trim().is_empty())
}

/// The settings among the comment's lines; other lines are prose.
fn settings(comment: &str) -> Result<Settings, String> {
    let mut found = Settings::default();
    for (key, value) in comment.lines().filter_map(|it| it.split_once(':')) {
        let value = value.trim();
        let bad = || format!("{key}: {value:?} is not a value of it");
        match key {
            "seed" => found.seed = value.parse().map_err(|_| bad())?,
            "nodes" => found.nodes = value.parse().map_err(|_| bad())?,
            "real-kubectl" => {
                found.real_kubectl = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(bad()),
                }
            }
            "proves" => found.proves = value.split(',').map(|it| it.trim().to_string()).collect(),
            _ => {}
        }
    }
    Ok(found)
}

fn steps(lines: &[(usize, &str)]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = lines;
    while let Some(((number, line), tail)) = rest.split_first() {
        rest = tail;
        if let Some(text) = line.strip_prefix("$ ") {
            let (command, taken) = command(*number, text, tail)?;
            steps.push(Step::Command(command));
            rest = &tail[taken..];
        } else if let Some(words) = line.strip_prefix("> ") {
            steps.push(Step::Direction(words.split_whitespace().map(str::to_string).collect()));
        } else if line.is_empty() || line.starts_with("# ") {
            steps.push(Step::Note(line.to_string()));
        } else {
            return Err(format!(
                "line {number}: neither a command (`$ `) nor a direction (`> `) nor a note (`# `)"
            ));
        }
    }
    Ok(steps)
}

/// A command, and how many of the lines below its first belong to it.
fn command(line: usize, text: &str, below: &[(usize, &str)]) -> Result<(Command, usize), String> {
    let mut command = Command { line, text: text.to_string(), ..Command::default() };
    let mut at = 0;
    while let Some(more) = below.get(at).and_then(|(_, it)| it.strip_prefix("$>")) {
        command.text.push('\n');
        command.text.push_str(more.strip_prefix(' ').unwrap_or(more));
        at += 1;
    }
    if let Some((number, time)) =
        below.get(at).and_then(|(it, line)| Some((it, line.strip_prefix("> ctrl-c after ")?)))
    {
        command.interrupt_after =
            Some(duration(time).ok_or(format!("line {number}: {time:?} is not a duration such as 30s"))?);
        at += 1;
    }
    let end = below[at..].iter().position(|(_, it)| begins_step(it)).map_or(below.len(), |it| at + it);
    let mut lines: Vec<&str> = below[at..end].iter().map(|(_, it)| *it).collect();
    while lines.last() == Some(&"") {
        lines.pop();
        command.gap = true;
    }
    if let Some(code) = lines.last().and_then(|it| it.strip_prefix("[exit ")?.strip_suffix(']')) {
        command.expected.exit =
            code.parse().map_err(|_| format!("line {line}: [exit {code}] is not a number"))?;
        lines.pop();
    }
    let newline =
        if lines.last() == Some(&NO_NEWLINE) { lines.pop().map(|_| "").unwrap_or_default() } else { "\n" };
    let output = lines.iter().map(|it| it.strip_prefix('\\').unwrap_or(it)).collect::<Vec<_>>().join("\n");
    command.expected.output = if lines.is_empty() { output } else { output + newline };
    Ok((command, end))
}

fn render_command(command: &Command, text: &mut String) {
    let mut lines = command.text.lines();
    text.push_str(&format!("$ {}\n", lines.next().unwrap_or_default()));
    lines.for_each(|it| text.push_str(&format!("$> {it}\n")));
    if let Some(time) = command.interrupt_after {
        text.push_str(&format!("> ctrl-c after {}\n", human(time)));
    }
    text.push_str(&command.expected.render());
    if command.gap {
        text.push('\n');
    }
}

impl Outcome {
    /// The lines below a command, as a story holds them.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let complete = self.output.is_empty() || self.output.ends_with('\n');
        let lines: Vec<&str> = self.output.strip_suffix('\n').unwrap_or(&self.output).split('\n').collect();
        for (index, line) in lines.iter().enumerate().filter(|_| !self.output.is_empty()) {
            let last = index + 1 == lines.len();
            let escape = if needs_escape(line) || (line.is_empty() && last) { "\\" } else { "" };
            text.push_str(&format!("{escape}{line}\n"));
        }
        if !complete {
            text.push_str(&format!("{NO_NEWLINE}\n"));
        }
        if self.exit != 0 {
            text.push_str(&format!("[exit {}]\n", self.exit));
        }
        text
    }
}

fn needs_escape(line: &str) -> bool {
    begins_step(line)
        || line.starts_with('\\')
        || line.starts_with('[')
        || line.starts_with("$>")
        || section_name(line).is_some()
}

fn begins_step(line: &str) -> bool {
    line.starts_with("$ ") || line.starts_with("> ") || line.starts_with("# ")
}

/// `90s`, `5m`, `2h`, `250ms` in virtual microseconds.
pub fn duration(text: &str) -> Option<Micros> {
    let digits = text.find(|it: char| !it.is_ascii_digit())?;
    let unit = match &text[digits..] {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    text[..digits].parse::<Micros>().ok()?.checked_mul(unit)
}

fn human(time: Micros) -> String {
    match time {
        it if it % 3_600_000_000 == 0 => format!("{}h", it / 3_600_000_000),
        it if it % 60_000_000 == 0 => format!("{}m", it / 60_000_000),
        it if it % 1_000_000 == 0 => format!("{}s", it / 1_000_000),
        it => format!("{}ms", it / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = r#"A Deployment rolls out.

proves: S1, S2
seed: 7
real-kubectl: yes

-- web.yaml --
kind: Deployment
-- session --
# First, create it.
$ kubectl apply -f web.yaml
deployment.apps/web created

> wait 30s
$ cat <<EOF | kubectl apply -f -
$> kind: Pod
$> EOF
$ kubectl get pods -w
> ctrl-c after 90s
NAME

\# not a note
[no newline]
[exit 130]
"#;

    #[test]
    fn a_story_is_read() {
        let story = Story::parse(STORY).unwrap();
        let proves = vec!["S1".to_string(), "S2".to_string()];
        assert_eq!(story.settings, Settings { seed: 7, real_kubectl: true, proves, ..Settings::default() });
        assert_eq!(
            story.files,
            [File {
                path: "web.yaml".into(),
                text: "kind: Deployment
"
                .into()
            }]
        );
        let [note, apply, wait, heredoc, watch] = &story.steps[..] else { panic!("{:?}", story.steps) };
        assert_eq!(*note, Step::Note("# First, create it.".into()));
        let Step::Command(apply) = apply else { panic!("{apply:?}") };
        assert_eq!((apply.text.as_str(), apply.line), ("kubectl apply -f web.yaml", 11));
        assert_eq!(
            apply.expected,
            Outcome {
                output: "deployment.apps/web created
"
                .into(),
                exit: 0
            }
        );
        assert_eq!(*wait, Step::Direction(vec!["wait".into(), "30s".into()]));
        let Step::Command(heredoc) = heredoc else { panic!("{heredoc:?}") };
        assert_eq!(
            heredoc.text,
            "cat <<EOF | kubectl apply -f -
kind: Pod
EOF"
        );
        assert_eq!(heredoc.expected, Outcome::default());
        let Step::Command(watch) = watch else { panic!("{watch:?}") };
        assert_eq!(watch.interrupt_after, Some(90_000_000));
        assert_eq!(watch.expected, Outcome { output: "NAME\n\n# not a note".into(), exit: 130 });
    }

    #[test]
    fn a_story_is_written_as_it_was_read() {
        assert_eq!(Story::parse(STORY).unwrap().render(), STORY);
    }

    #[test]
    fn any_output_survives_the_file() {
        for output in [
            "",
            "\n",
            "a",
            "a\n",
            "a\n\n",
            "$ x\n> y\n# z\n\\w\n[exit 3]\n-- f --\n$>\n",
            "[no newline]",
            "\n\na",
        ] {
            for exit in [0, 1] {
                let expected = Outcome { output: output.to_string(), exit };
                let command =
                    Command { line: 2, text: "x".into(), expected: expected.clone(), ..Command::default() };
                let story = Story { steps: vec![Step::Command(command)], ..Story::default() };
                let back = Story::parse(&story.render()).unwrap();
                let Step::Command(back) = &back.steps[0] else { panic!("{back:?}") };
                assert_eq!(back.expected, expected, "{}", story.render());
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| Story::parse(text).unwrap_err();
        assert_eq!(
            error(
                "a
"
            ),
            "there is no `-- session --`"
        );
        assert_eq!(
            error(
                "-- session --
# a
"
            ),
            "the session has no command"
        );
        assert!(
            error(
                "-- session --
ls
"
            )
            .starts_with("line 2: neither")
        );
        assert!(
            error(
                "seed: x
-- session --
$ ls
"
            )
            .contains("seed")
        );
        assert_eq!(
            error(
                "-- session --
$ ls
-- a --
"
            ),
            "line 3: the session is the last section"
        );
    }
}
