//! `kubarium run`: a script on the workstation of a fresh cluster.

use std::io::{Read, Write};
use std::path::Path;

use kubarium_core::cluster::{ClusterConfig, MAX_NODES};
use kubarium_session::Console;
use kubarium_session::workstation::HOME;

/// Files beside the script that are brought to the workstation: at most so many bytes each, so many files, so deep.
const FILE_MAX: u64 = 1 << 20;
const FILES_MAX: usize = 1_000;
const DEPTH_MAX: usize = 8;

/// Runs the script and returns its exit status. Files beside the script are there under the home folder, so that
/// `kubectl apply -f web.yaml` finds them.
pub fn run(seed: u64, nodes: u32, file: &str, args: &[String]) -> Result<u8, String> {
    if nodes > MAX_NODES {
        return Err(format!("--nodes: at most {MAX_NODES}"));
    }
    let mut script = Vec::new();
    if file == "-" {
        std::io::stdin().read_to_end(&mut script).map_err(|e| format!("standard input: {e}"))?;
    } else {
        script = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
    }
    let mut console = Console::new(ClusterConfig { seed, nodes, ..ClusterConfig::default() })?;
    console.workstation().explain(crate::explain::load());
    let name = if file == "-" {
        "script.sh"
    } else {
        Path::new(file).file_name().and_then(|n| n.to_str()).unwrap_or("script.sh")
    };
    if file != "-" {
        let folder = Path::new(file).parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        bring(&mut console, folder, "", &mut 0)?;
    }
    console.put_file(name, &script)?;
    let path = format!("{HOME}/{name}");
    let mut argv = vec!["bash", path.as_str()];
    argv.extend(args.iter().map(String::as_str));
    let mut out = std::io::stdout();
    let code = console.script(&argv, &mut |bytes| {
        // A reader that has gone away (`| head`) ends the output, not the script.
        let _closed = out.write_all(bytes).and_then(|()| out.flush());
    })?;
    Ok(code.clamp(0, 255) as u8)
}

/// Copies the small files of a folder, and of its folders. Only plain files: a device or a pipe may never end.
fn bring(console: &mut Console, folder: &Path, prefix: &str, count: &mut usize) -> Result<(), String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        if name.starts_with('.') || matches!(name, "target" | "node_modules") || *count >= FILES_MAX {
            continue;
        }
        let inside = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        // Links to files are followed, links to folders are not: they may lead in a circle.
        if path.is_dir() {
            if !path.is_symlink() && prefix.split('/').count() < DEPTH_MAX {
                bring(console, &path, &inside, count)?;
            }
        } else if path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= FILE_MAX)
            && let Ok(bytes) = std::fs::read(&path)
        {
            *count += 1;
            console.put_file(&inside, &bytes)?;
        }
    }
    Ok(())
}
