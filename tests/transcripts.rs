//! The stories, played natively in virtual time on a simulated cluster and its workstation.

use std::process::ExitCode;

use api::Duration;
use kubarium_core::cluster::{ClusterConfig, Fault};
use kubarium_session::Console;
use kubarium_tests::play::Stage;
use kubarium_tests::story::{Micros, Outcome, Settings};
use kubarium_tests::suite::{self, Suite};

const SUITE: Suite = Suite { make_stage: &start, wants: |_| true, alike: |a, b| a == b, blesses: true };

fn main() -> ExitCode {
    suite::main(&SUITE)
}

/// A settled cluster with a shell on its workstation.
struct Simulated(Console);

fn start(settings: &Settings) -> Result<Box<dyn Stage>, String> {
    let config = ClusterConfig { seed: settings.seed, nodes: settings.nodes, ..ClusterConfig::default() };
    Ok(Box::new(Simulated(Console::new(config)?)))
}

fn span(time: Micros) -> Duration {
    Duration(i64::try_from(time).unwrap_or(i64::MAX))
}

impl Stage for Simulated {
    fn put_file(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.0.put_file(path, text.as_bytes())
    }

    fn run(&mut self, command: &str, interrupt_after: Option<Micros>) -> Result<Outcome, String> {
        let outcome = self.0.run(command, interrupt_after.map(span));
        Ok(Outcome { output: outcome.output, exit: outcome.code })
    }

    fn wait(&mut self, time: Micros) -> Result<(), String> {
        self.0.wait(span(time));
        Ok(())
    }

    fn direct(&mut self, words: &[&str]) -> Result<(), String> {
        let fault = match words {
            ["stop-node", node] => Fault::StopNode((*node).into()),
            ["start-node", node] => Fault::StartNode((*node).into()),
            ["cut-node", node] => Fault::CutNode((*node).into()),
            ["heal-node", node] => Fault::HealNode((*node).into()),
            ["stop-component", name] => Fault::StopComponent((*name).into()),
            ["start-component", name] => Fault::StartComponent((*name).into()),
            ["kill-container", pod, container] => Fault::KillContainer {
                namespace: "default".into(),
                pod: (*pod).into(),
                container: (*container).into(),
            },
            _ => return Err(format!("unknown direction: {}", words.join(" "))),
        };
        self.0.fault(fault);
        Ok(())
    }
}
