//! The stage that stories are written for: a workstation beside a simulated cluster, in virtual time.

use api::Duration;
use kubarium_core::cluster::{ClusterConfig, Fault};
use kubarium_session::Console;

use crate::play::Stage;
use crate::story::{Micros, Outcome, Settings};

/// A console of its own for each story.
pub struct Simulated {
    console: Console,
}

impl Simulated {
    /// A fresh cluster that has come to rest.
    pub fn start(settings: &Settings) -> Result<Simulated, String> {
        let config = ClusterConfig { seed: settings.seed, nodes: settings.nodes, ..ClusterConfig::default() };
        Ok(Simulated { console: Console::new(config)? })
    }

    /// The history hash: equal for equal seeds and inputs, natively and in wasm.
    pub fn hash(&self) -> u64 {
        self.console.backend().with(|cluster| cluster.hash())
    }

    /// As a [`crate::play::MakeStage`], with the texts of `kubectl explain` that `cargo xtask test transcripts` has made.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn stage(settings: &Settings) -> Result<Box<dyn Stage>, String> {
        let mut stage = Simulated::start(settings)?;
        let texts = crate::suite::explain_texts().and_then(|it| serde_json::from_str(&it).ok());
        stage.console.workstation().explain(texts);
        Ok(Box::new(stage))
    }
}

impl Stage for Simulated {
    fn put_file(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.console.put_file(path, text.as_bytes())
    }

    fn run(&mut self, command: &str, interrupt_after: Option<Micros>) -> Result<Outcome, String> {
        let interrupt_after = interrupt_after.map(span).transpose()?;
        let outcome = self.console.run(command, interrupt_after);
        Ok(Outcome { output: outcome.output, exit: outcome.code })
    }

    fn wait(&mut self, time: Micros) -> Result<(), String> {
        self.console.wait(span(time)?);
        Ok(())
    }

    fn direct(&mut self, words: &[&str]) -> Result<(), String> {
        let fault = match *words {
            ["stop-node", node] => Fault::StopNode(node.into()),
            ["start-node", node] => Fault::StartNode(node.into()),
            ["cut-node", node] => Fault::CutNode(node.into()),
            ["heal-node", node] => Fault::HealNode(node.into()),
            ["kill-container", pod, container] => {
                let (namespace, pod) = pod.split_once('/').unwrap_or(("default", pod));
                Fault::KillContainer {
                    namespace: namespace.into(),
                    pod: pod.into(),
                    container: container.into(),
                }
            }
            ["stop-component", name] => Fault::StopComponent(name.into()),
            ["start-component", name] => Fault::StartComponent(name.into()),
            _ => return Err("unknown direction; tests/README.md lists them".to_string()),
        };
        self.console.fault(fault);
        Ok(())
    }
}

fn span(time: Micros) -> Result<Duration, String> {
    let micros = i64::try_from(time).map_err(|_| format!("{time} µs is too long"))?;
    Ok(Duration::micros(micros))
}
