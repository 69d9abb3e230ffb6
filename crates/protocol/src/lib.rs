//! The messages between a front end (the page) and a session (in a worker), and the trait that a session implements.
//!
//! Front ends depend on this crate alone, so that the page's binary holds no cluster. A message is JSON (enums are
//! tagged by variant name); the one thing that JSON is bad at, the bytes of a saved state, travels beside the text
//! as a [`Blob`]. Everything that concerns objects of the cluster is a Kubernetes REST request or watch: there is no
//! second way to read or write them. Questions carry an `id` chosen by the asker, and their answer repeats it.
//!
//! Times are microseconds since the Unix epoch on the cluster's virtual clock, unless a name says otherwise.

#![warn(missing_docs)]

pub mod answer;
pub mod command;
mod read;
pub mod update;

pub use answer::*;
pub use command::*;
pub use update::*;

/// JSON as it is in the rest of the project: field order is kept.
pub type Json = serde_json::Value;

/// A moment of the virtual clock: microseconds since the Unix epoch.
pub type Micros = i64;

/// The name that ties an answer to its question; chosen by whoever asks.
pub type Id = u32;

/// The number of a terminal; chosen by the page, 0 is the first.
pub type TerminalId = u32;

/// Bytes that travel beside a message instead of in its JSON. The transport moves them with
/// [`Command::take_blob`]/[`Command::put_blob`] and [`Update::take_blob`]/[`Update::put_blob`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Blob(#[serde(skip)] pub Vec<u8>);

/// What hosts a session: [`Command`]s go in, time passes in frames, [`Update`]s come out.
///
/// The host (a worker, or the page's own thread where a worker cannot be had) calls [`Engine::command`] for each
/// message, [`Engine::frame`] some sixty times a second while [`Engine::is_quiet`] says no, and then sends what
/// [`Engine::updates`] returns as one message.
pub trait Engine {
    /// Takes one command. Answers and effects come with the next [`Engine::updates`].
    fn command(&mut self, command: Command);

    /// Lets `wall_ms` milliseconds of the person's time pass. `has_time` is asked between small pieces of work;
    /// when it says no, the frame ends and what is left is done in the next one.
    fn frame(&mut self, wall_ms: f64, has_time: &mut dyn FnMut() -> bool);

    /// Hands over what happened since the last call, oldest first, at most one [`Update::Watch`] per subscription. What
    /// a page could not draw within a frame comes with later calls.
    fn updates(&mut self) -> Vec<Update>;

    /// Whether nothing will happen until the next command (paused and no work left), so that frames may stop.
    fn is_quiet(&self) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_updates_survive_the_wire() {
        let command = Command::Time(Time::Seek { at: 1_767_603_600_000_000 });
        let text = serde_json::to_string(&command).expect("serialises");
        assert_eq!(text, r#"{"Time":{"Seek":{"at":1767603600000000}}}"#);
        assert_eq!(serde_json::from_str::<Command>(&text).expect("parses"), command);

        let update = Update::Output { terminal: 0, text: "$ ".into() };
        let text = serde_json::to_string(&update).expect("serialises");
        assert_eq!(Update::read_all(&format!("[{text}]")), Ok(vec![update]));
    }

    #[test]
    fn a_blob_travels_beside_the_text() {
        let mut command =
            Command::Open(Open { start: Start::Saved { state: Blob(vec![1, 2, 3]) }, ..Open::default() });
        let blob = command.take_blob().expect("a saved state has bytes");
        let text = serde_json::to_string(&command).expect("serialises");
        assert!(!text.contains("[1"));
        let mut back: Command = serde_json::from_str(&text).expect("parses");
        back.put_blob(blob);
        let Command::Open(Open { start: Start::Saved { state }, .. }) = back else {
            panic!("another command")
        };
        assert_eq!(state, Blob(vec![1, 2, 3]));
    }

    #[test]
    fn unknown_fields_are_ignored_and_missing_ones_have_defaults() {
        let shape: Shape = serde_json::from_str(r#"{"seed":7,"later":true}"#).expect("parses");
        assert_eq!(shape, Shape { seed: 7, ..Shape::default() });
    }
}
