//! Measures one scenario and prints it as a line of JSON; without an argument, prints the scenarios' names.

use kubarium_world::{outside, speed};

fn main() {
    outside::tell_panics();
    let name = outside::argument();
    match speed::SCENARIOS.iter().find(|it| it.name == name) {
        Some(scenario) => outside::say(&speed::measure(scenario).to_string()),
        None => speed::SCENARIOS.iter().for_each(|it| outside::say(it.name)),
    }
}
