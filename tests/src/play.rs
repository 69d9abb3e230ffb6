//! Plays a story on a stage and compares what happens with what is told.

use crate::story::{Command, Micros, Outcome, Settings, Step, Story, duration};

/// Where a story is played: a simulated workstation, or a real shell with the real kubectl.
pub trait Stage {
    /// Puts a file into the home folder.
    fn put_file(&mut self, path: &str, text: &str) -> Result<(), String>;

    /// Runs a command line to its end; one that runs on is interrupted (Ctrl-C) after some time.
    fn run(&mut self, command: &str, interrupt_after: Option<Micros>) -> Result<Outcome, String>;

    /// Lets time pass.
    fn wait(&mut self, time: Micros) -> Result<(), String>;

    /// Any other direction, such as `stop-node worker-1`.
    fn direct(&mut self, words: &[&str]) -> Result<(), String>;
}

/// Builds a stage for a story.
pub type MakeStage<'a> = dyn Fn(&Settings) -> Result<Box<dyn Stage>, String> + Sync + 'a;

/// A command that did something else than told.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub line: usize,
    pub command: String,
    pub expected: Outcome,
    pub actual: Outcome,
}

/// What came of playing a story.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    pub differences: Vec<Difference>,
    /// The story with what really happened.
    pub actual: Story,
}

/// Plays all steps: a difference does not stop the play. `alike` says whether two outcomes count as the same.
pub fn play(
    story: &Story,
    stage: &mut dyn Stage,
    alike: fn(&Outcome, &Outcome) -> bool,
) -> Result<Played, String> {
    for file in &story.files {
        stage.put_file(&file.path, &file.text)?;
    }
    let mut played = Played { differences: Vec::new(), actual: story.clone() };
    for (step, slot) in story.steps.iter().zip(&mut played.actual.steps) {
        match step {
            Step::Note(_) => {}
            Step::Direction(words) => direct(words, stage)?,
            Step::Command(command) => {
                let actual = stage
                    .run(&command.text, command.interrupt_after)
                    .map_err(|err| format!("{}: {err}", place(command)))?;
                if !alike(&command.expected, &actual) {
                    played.differences.push(difference(command, &actual));
                    *slot = Step::Command(told(command, actual));
                }
            }
        }
    }
    Ok(played)
}

fn direct(words: &[String], stage: &mut dyn Stage) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["wait", time] => {
            stage.wait(duration(time).ok_or(format!("> wait {time}: not a duration such as 30s"))?)
        }
        _ => stage.direct(&words).map_err(|err| format!("> {}: {err}", words.join(" "))),
    }
}

fn place(command: &Command) -> String {
    format!("line {}: $ {}", command.line, command.text.lines().next().unwrap_or_default())
}

fn difference(command: &Command, actual: &Outcome) -> Difference {
    Difference {
        line: command.line,
        command: command.text.clone(),
        expected: command.expected.clone(),
        actual: actual.clone(),
    }
}

/// The command with its real outcome; outputs are set apart by an empty line.
fn told(command: &Command, actual: Outcome) -> Command {
    let gap = command.gap || actual != Outcome::default();
    Command { expected: actual, gap, ..command.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stage that echoes what it is told to do.
    #[derive(Default)]
    struct Echo(Vec<String>);

    impl Stage for Echo {
        fn put_file(&mut self, path: &str, text: &str) -> Result<(), String> {
            self.0.push(format!("file {path} {text:?}"));
            Ok(())
        }
        fn run(&mut self, command: &str, interrupt_after: Option<Micros>) -> Result<Outcome, String> {
            self.0.push(format!("run {command:?} {interrupt_after:?}"));
            Ok(Outcome { output: format!("{command}\n"), exit: 0 })
        }
        fn wait(&mut self, time: Micros) -> Result<(), String> {
            self.0.push(format!("wait {time}"));
            Ok(())
        }
        fn direct(&mut self, words: &[&str]) -> Result<(), String> {
            if words[0] == "stop-node" { Ok(()) } else { Err("unknown direction".to_string()) }
        }
    }

    fn parse(session: &str) -> Story {
        Story::parse(&format!("-- f --\nx\n-- session --\n{session}")).unwrap()
    }

    #[test]
    fn steps_are_played_in_order_and_differences_collected() {
        let story = parse("$ a\na\n\n> wait 2s\n> stop-node n\n$ b\nc\n");
        let mut stage = Echo::default();
        let played = play(&story, &mut stage, |a, b| a == b).unwrap();
        assert_eq!(stage.0, ["file f \"x\\n\"", "run \"a\" None", "wait 2000000", "run \"b\" None"]);
        let commands: Vec<&str> = played.differences.iter().map(|it| it.command.as_str()).collect();
        assert_eq!(commands, ["b"]);
        assert!(played.actual.render().ends_with("$ b\nb\n"));
    }

    #[test]
    fn an_unknown_direction_ends_the_play() {
        let error = play(&parse("> jump\n$ a\n"), &mut Echo::default(), |a, b| a == b).unwrap_err();
        assert_eq!(error, "> jump: unknown direction");
    }
}
