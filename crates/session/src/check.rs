//! What the API server would say to a manifest: `kubectl apply --dry-run=server` on the editor's text, with its
//! complaints tied to lines.
//!
//! There is no second validator: the editor shows what the terminal would print.

mod findings;
mod places;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Waker};

use protocol::Problem;

use crate::backend::Backend;
use crate::host::{Asset, Io, KubectlHost};
use crate::workstation::{Disk, HOME, Hardware};

/// Polls after which a check gives up: it waits for nothing, so a handful is enough.
const POLLS: usize = 64;

/// The workstation's files, with one replaced by what stands in the editor.
struct Unsaved {
    disk: Rc<Hardware>,
    path: String,
    text: String,
}

impl Disk for Unsaved {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == self.path { Ok(self.text.clone().into_bytes()) } else { self.disk.read(path) }
    }
    fn write(&self, _path: &str, _bytes: &[u8]) -> Result<(), String> {
        Err("read-only file system".to_owned())
    }
    fn is_dir(&self, path: &str) -> Option<bool> {
        if path == self.path { Some(false) } else { self.disk.is_dir(path) }
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.disk.list(path)
    }
    fn remove(&self, _path: &str) {}
}

/// Findings about `text`, which is or will be the file `path` of the home folder.
pub fn check(backend: &Rc<Backend>, disk: &Rc<Hardware>, path: &str, text: &str) -> Vec<Problem> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let full = format!("{HOME}/{path}");
    let io = Rc::new(RefCell::new(Io::default()));
    let host = Rc::new(KubectlHost {
        backend: backend.clone(),
        line: String::new(),
        disk: Rc::new(Unsaved { disk: disk.clone(), path: full.clone(), text: text.to_owned() }),
        io: io.clone(),
        explain: Rc::new(RefCell::new(Asset::Missing)),
        env: vec![("HOME".to_owned(), HOME.to_owned())],
        cwd: HOME.to_owned(),
        tty: [false; 3],
        network: Rc::default(),
    });
    let argv: Vec<String> = ["kubectl", "apply", "--dry-run=server", "-f", &full].map(str::to_owned).to_vec();
    let mut run = Box::pin(kubarium_kubectl::run(&argv, host));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if run.as_mut().poll(&mut cx).is_ready() {
            let written = std::mem::take(&mut io.borrow_mut().output);
            let stderr: Vec<u8> =
                written.into_iter().filter(|(fd, _)| *fd == 2).flat_map(|(_, bytes)| bytes).collect();
            let stderr = String::from_utf8_lossy(&stderr);
            let mut found = findings::findings(&stderr.replace(&full, path), text);
            // What a person most likely meant, where that can be told.
            if let [only] = found.as_mut_slice() {
                let hint = crate::manifest::hint(&argv, HOME, &stderr, &|_| Some(text.as_bytes().to_vec()));
                if let Some(hint) = hint {
                    only.message.push_str(&format!(" (hint: {hint})"));
                }
            }
            return found;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::settled;
    use kubarium_core::cluster::ClusterConfig;

    fn checked(text: &str) -> Vec<(Option<u32>, String, String)> {
        let backend = Rc::new(Backend::new(settled(ClusterConfig::default())));
        let workstation = crate::workstation::Workstation::new(backend.clone(), 1);
        let found = check(&backend, &workstation.hardware, "web.yaml", text);
        found.into_iter().map(|it| (it.line, it.path, it.message)).collect()
    }

    const HELLO: &str = include_str!("starter/hello.yaml");

    #[test]
    fn the_starter_file_is_taken() {
        assert_eq!(checked(HELLO), []);
    }

    #[test]
    fn one_mistake_is_one_finding_on_its_line() {
        let found = checked(&HELLO.replace("  replicas: 2", "  replicas: -2"));
        let message = "Invalid value: -2: must be greater than or equal to 0";
        assert_eq!(found, [(Some(8), "spec.replicas".to_owned(), message.to_owned())]);

        let found = checked(&HELLO.replace("    targetPort: 80", "    targetPort: 99999"));
        let [(line, path, _)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*line, path.as_str()), (Some(36), "spec.ports[0].targetPort"));
    }

    #[test]
    fn unknown_fields_and_broken_yaml_have_lines_too() {
        let found = checked(&HELLO.replace("        image:", "        imagee:"));
        assert!(found.iter().any(|it| it.0 == Some(19) && it.2.starts_with("unknown field")), "{found:?}");
        let found = checked(&HELLO.replace("  - port: 80", "  - port 80\n    x: : 1"));
        let [(line, path, _)] = found.as_slice() else { panic!("{found:?}") };
        assert!((34..=37).contains(&line.unwrap_or(0)) && path.is_empty(), "{found:?}");
    }
}
