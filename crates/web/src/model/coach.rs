//! The first minute: one sentence and one thing to click at a time. Do something, break something, rewind it.
//!
//! A step is over when its deed was seen to happen, whether somebody clicked or typed it.

use kubarium_protocol::{Mark, MarkKind};

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
    /// The sentence.
    pub text: &'static str,
    /// What its button does.
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
        text: "That was the cluster before the mistake. Go back to live, or branch from here and do better.",
        deed: Deed::Finish,
        label: "Got it",
    },
];

/// The second step of those who applied the manifest that lies in a new home folder.
const BREAK_HELLO: Step =
    Step { deed: Deed::Run("kubectl set image deployment/hello web=nginx:9.99"), ..STEPS[1] };

/// How far the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coach {
    /// The number of the step, from 0; none: through, or sent away.
    at: Option<usize>,
    /// Whether it is the manifest's Deployment that there is to break.
    hello: bool,
}

impl Default for Coach {
    fn default() -> Coach {
        Coach { at: Some(0), hello: false }
    }
}

impl Coach {
    /// For those who have seen it.
    pub fn over() -> Coach {
        Coach { at: None, hello: false }
    }

    /// The step shown; none once it is over.
    pub fn step(self) -> Option<&'static Step> {
        match self.at? {
            1 if self.hello => Some(&BREAK_HELLO),
            at => STEPS.get(at),
        }
    }

    /// Which step of how many, from 1.
    pub fn position(self) -> Option<(usize, usize)> {
        self.at.map(|it| (it + 1, STEPS.len()))
    }

    /// Something was done to the cluster.
    pub fn saw(self, mark: &Mark) -> Coach {
        if mark.kind != MarkKind::Command {
            return self;
        }
        let text = &mark.text;
        match self.at {
            // Something else to do is fine, too, but the next step needs one of these to break.
            Some(0) if text.contains("create deployment web") => self.next(),
            Some(0) if text.contains("apply") && text.contains("hello.yaml") => {
                Coach { hello: true, ..self.next() }
            }
            Some(1) if text.contains("set image") => self.next(),
            _ => self,
        }
    }

    /// The moment shown is the newest one, or it is not.
    pub fn saw_time(self, live: bool) -> Coach {
        match (self.step().map(|it| it.deed), live) {
            (Some(Deed::Rewind), false) | (Some(Deed::Finish), true) => self.next(),
            _ => self,
        }
    }

    /// This step is over.
    pub fn next(self) -> Coach {
        match self.at {
            Some(at) if at + 1 < STEPS.len() => Coach { at: Some(at + 1), ..self },
            _ => Coach::over(),
        }
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

    #[test]
    fn what_is_typed_counts_as_much_as_what_is_clicked() {
        let ran = |text: &str| Mark { at: 0, kind: MarkKind::Command, text: text.into() };
        assert_eq!(Coach::default().saw(&ran("kubectl create namespace mine")), Coach::default());
        let coach = Coach::default().saw(&ran("kubectl apply -f ~/hello.yaml"));
        assert_eq!(coach.position(), Some((2, 4)));
        let line = "kubectl set image deployment/hello web=nginx:9.99";
        assert_eq!(coach.step().map(|it| it.deed), Some(Deed::Run(line)), "what there is is broken");
        assert_eq!(coach.saw(&ran("kubectl expose deployment web")), coach);
        let coach = coach.saw(&ran("kubectl set image deployment/hello web=nginx:9.99"));
        assert_eq!(coach.saw_time(true).position(), Some((3, 4)));
        let coach = coach.saw_time(false);
        assert_eq!((coach.position(), coach.saw_time(true)), (Some((4, 4)), Coach::over()));
    }
}
