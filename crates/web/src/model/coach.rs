//! The first minute: one sentence and one thing to click at a time. Do something, break something, rewind it.

/// What a step's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Runs a line in the terminal.
    Run(&'static str),
    /// Goes back to just before the last command.
    Rewind,
    /// Nothing more: the hints go away.
    Finish,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub text: &'static str,
    pub deed: Deed,
    /// The button's words, where they are not the line itself.
    pub label: &'static str,
}

/// The steps, in order.
pub const STEPS: &[Step] = &[
    Step {
        text: "A real control plane runs in this tab. Give it something to do:",
        deed: Deed::Run("kubectl create deployment web --image=nginx --replicas=3"),
        label: "",
    },
    Step {
        text: "It is at work. Now break it, with an image that does not exist:",
        deed: Deed::Run("kubectl set image deployment/web nginx=nginx:9.99"),
        label: "",
    },
    Step {
        text: "The rollout is stuck, and the old pods still serve. Here time goes both ways:",
        deed: Deed::Rewind,
        label: "Rewind to before it",
    },
    Step {
        text: "That was the cluster before the mistake. Go back to live, or branch and do better.",
        deed: Deed::Finish,
        label: "Got it",
    },
];

/// Where the person is; none: through, or sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coach(Option<usize>);

impl Default for Coach {
    fn default() -> Coach {
        Coach(Some(0))
    }
}

impl Coach {
    /// For those who have seen it.
    pub fn over() -> Coach {
        Coach(None)
    }

    pub fn step(self) -> Option<&'static Step> {
        STEPS.get(self.0?)
    }

    /// Which step of how many, from 1.
    pub fn position(self) -> Option<(usize, usize)> {
        self.0.map(|it| (it + 1, STEPS.len()))
    }

    /// The button was clicked.
    pub fn next(self) -> Coach {
        Coach(self.0.map(|it| it + 1).filter(|it| *it < STEPS.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_minute_does_breaks_rewinds_and_ends() {
        let mut coach = Coach::default();
        let mut deeds = Vec::new();
        while let Some(step) = coach.step() {
            deeds.push(step.deed);
            coach = coach.next();
        }
        assert!(matches!(deeds[..], [Deed::Run(_), Deed::Run(_), Deed::Rewind, Deed::Finish]));
        assert_eq!(Coach::over().step(), None);
    }
}
