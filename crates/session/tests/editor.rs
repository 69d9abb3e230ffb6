//! kubectl edit in a terminal: the person's own editor runs on kubectl's terminal, and what it saves is applied.

use std::rc::Rc;

use api::Duration;
use api::http::Request;
use kubarium_core::cluster::ClusterConfig;
use kubarium_session::backend::Backend;
use kubarium_session::console::settled;
use kubarium_session::workstation::{Said, Workstation};

struct Terminal {
    backend: Rc<Backend>,
    workstation: Workstation,
    tty: os::TtyId,
    shown: String,
}

impl Terminal {
    fn new() -> Terminal {
        let backend = Rc::new(Backend::new(settled(ClusterConfig::default())));
        let mut workstation = Workstation::new(backend.clone(), 1);
        let (tty, _) = workstation.open_terminal(80, 24).expect("a shell");
        let mut terminal = Terminal { backend, workstation, tty, shown: String::new() };
        terminal.settle();
        terminal
    }

    fn settle(&mut self) {
        for _ in 0..20 {
            while self.workstation.pump() || self.workstation.is_runnable() {}
            for said in self.workstation.take_said() {
                if let Said::Terminal { bytes, .. } = said {
                    self.shown.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
            self.backend.with_mut(|cluster| cluster.advance(Duration::millis(100)));
        }
    }

    /// Types keys; what is shown since.
    fn keys(&mut self, keys: &str) -> &str {
        self.shown.clear();
        self.workstation.type_into(self.tty, keys);
        self.settle();
        &self.shown
    }

    fn replicas(&self) -> i64 {
        let path = "/apis/apps/v1/namespaces/default/deployments/web";
        let object = self.backend.json(Request::get(path)).expect("the deployment");
        object.pointer("/spec/replicas").and_then(api::Json::as_i64).unwrap_or(-1)
    }
}

#[test]
fn vi_edits_an_object_in_the_terminal() {
    let mut terminal = Terminal::new();
    assert!(terminal.keys("kubectl create deployment web --image=nginx\r").contains("created"));
    let screen = terminal.keys("EDITOR=vi kubectl edit deployment web\r").to_owned();
    assert!(screen.contains("# Please edit the object below."), "{screen}");
    assert!(screen.contains("kubectl-edit-") && screen.contains(".yaml\""), "{screen}");
    let shown = terminal.keys("/replicas: 1\r$r4:wq\r").to_owned();
    assert!(shown.contains("deployment.apps/web edited"), "{shown}");
    assert_eq!(terminal.replicas(), 4);
    terminal.keys("KUBE_EDITOR=nano kubectl edit deployment web\r");
    assert!(terminal.keys("\x18").contains("Edit cancelled, no changes made."));
    assert!(terminal.keys("echo back\r").contains("\nback\r\n"));
}
