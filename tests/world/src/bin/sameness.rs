//! Prints one line per scenario (whose name has the argument in it): history hash, hash of what was seen, name. The lines
//! must be the same everywhere.

use kubarium_world::{outside, sameness};

fn main() {
    outside::tell_panics();
    sameness::play_all(&outside::argument(), |it| {
        outside::say(&format!("{:016x} {:016x} {}", it.history, it.seen, it.name));
    });
}
