//! The time bar's arithmetic: moments to places and back, and words for both.

use kubarium_protocol::{Clock, Mark, Micros};

use crate::model::units::{SECOND, human_duration, time_of_day};

/// Speeds to choose from, in simulated seconds per second.
pub const SPEEDS: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// The shortest span that the track shows, so that a young cluster's marks do not race.
const SHORTEST: Micros = 60 * SECOND;

/// The next speed up or down.
pub fn next_speed(now: f64, up: bool) -> f64 {
    let found = match up {
        true => SPEEDS.iter().find(|it| **it > now),
        false => SPEEDS.iter().rev().find(|it| **it < now),
    };
    found.copied().unwrap_or(now)
}

/// Where a moment is on the track, from 0 to 1.
pub fn place(clock: &Clock, at: Micros) -> f64 {
    let (start, end) = ends(clock);
    ((at - start) as f64 / (end - start) as f64).clamp(0.0, 1.0)
}

/// The moment at a place of the track, within what can be gone to.
pub fn moment(clock: &Clock, place: f64) -> Micros {
    let (start, end) = ends(clock);
    (start + ((end - start) as f64 * place) as Micros).clamp(clock.earliest, clock.latest)
}

fn ends(clock: &Clock) -> (Micros, Micros) {
    (clock.earliest, clock.latest.max(clock.earliest + SHORTEST))
}

/// What a screen reader hears of the moment shown.
pub fn describe(clock: &Clock) -> String {
    match clock.live {
        true => format!("{}, live", time_of_day(clock.now)),
        false => format!("{}, {} ago", time_of_day(clock.now), human_duration(clock.latest - clock.now)),
    }
}

/// The moment just before the last mark of the person's or the last fault; none when nothing was done.
pub fn before_last(marks: &[Mark], now: Micros) -> Option<Micros> {
    use kubarium_protocol::MarkKind::{Command, Fault};
    let last = marks.iter().rev().find(|it| matches!(it.kind, Command | Fault) && it.at <= now)?;
    Some(last.at - 1)
}

/// Marks thinned to what a track of this width can show apart: those of one place are joined.
pub fn cluster_marks<'a>(clock: &Clock, marks: &'a [Mark], width: f64) -> Vec<(f64, Vec<&'a Mark>)> {
    const APART: f64 = 9.0;
    let mut placed: Vec<(f64, Vec<&Mark>)> = Vec::new();
    for mark in marks.iter().filter(|it| it.at >= clock.earliest) {
        let x = place(clock, mark.at);
        match placed.last_mut() {
            Some((before, joined)) if (x - *before) * width < APART => joined.push(mark),
            _ => placed.push((x, vec![mark])),
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use kubarium_protocol::MarkKind;

    use super::*;

    fn clock() -> Clock {
        Clock { earliest: 0, latest: 200 * SECOND, now: 50 * SECOND, ..Clock::default() }
    }

    #[test]
    fn moments_and_places_are_each_others_inverse() {
        let clock = clock();
        assert_eq!(place(&clock, 50 * SECOND), 0.25);
        assert_eq!(moment(&clock, 0.25), 50 * SECOND);
        assert_eq!(moment(&clock, 2.0), 200 * SECOND);
        let young = Clock { latest: 6 * SECOND, ..Clock::default() };
        assert_eq!(place(&young, 6 * SECOND), 0.1);
        assert_eq!(moment(&young, 0.9), 6 * SECOND, "nothing is known of the future");
    }

    #[test]
    fn speeds_go_up_and_down_within_their_list() {
        assert_eq!(
            [next_speed(1.0, true), next_speed(100.0, true), next_speed(5.0, false)],
            [2.0, 100.0, 2.0]
        );
    }

    #[test]
    fn rewinding_goes_to_before_the_last_deed() {
        let mark = |at: i64, kind| Mark { at: at * SECOND, kind, text: String::new() };
        let marks = [mark(1, MarkKind::Start), mark(10, MarkKind::Command), mark(12, MarkKind::Warning)];
        assert_eq!(before_last(&marks, 50 * SECOND), Some(10 * SECOND - 1));
        assert_eq!(before_last(&marks[..1], 50 * SECOND), None);
        assert_eq!(cluster_marks(&clock(), &marks, 100.0).len(), 1);
        assert_eq!(cluster_marks(&clock(), &marks, 500.0).len(), 2);
    }
}
