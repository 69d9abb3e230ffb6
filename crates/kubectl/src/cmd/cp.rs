//! `kubectl cp`: `tar` in the container, an archive here. Upstream: kubectl/pkg/cmd/cp.

use api::Json;

use crate::archive::{self, Entry};
use crate::cx::Cx;
use crate::error::{CmdError, Result, msg};
use crate::host::FileKind;
use crate::polymorphic::container_of;
use crate::session;

const USAGE: &str = "source and destination are required";

/// One side of a copy.
struct Spec {
    namespace: String,
    pod: String,
    file: String,
}

impl Spec {
    /// `file`, `pod:file` or `namespace/pod:file`. Mirrors extractFileSpec.
    fn read(word: &str) -> Result<Spec> {
        let local =
            |file: &str| Spec { namespace: String::new(), pod: String::new(), file: file.to_string() };
        let Some((pod, file)) = word.split_once(':') else { return Ok(local(word)) };
        if pod.is_empty() || file.is_empty() {
            return msg("filespec must match the canonical format: [[namespace/]pod:]file/path");
        }
        match pod.split('/').collect::<Vec<_>>().as_slice() {
            [pod] => Ok(Spec { namespace: String::new(), pod: (*pod).to_string(), file: file.to_string() }),
            [namespace, pod] => Ok(Spec {
                namespace: (*namespace).to_string(),
                pod: (*pod).to_string(),
                file: file.to_string(),
            }),
            _ => msg("filespec must match the canonical format: [[namespace/]pod:]file/path"),
        }
    }
}

/// Runs the command.
pub async fn cp(cx: &Cx) -> Result {
    if cx.flags.args.len() != 2 {
        return cx.usage(USAGE);
    }
    let (from, to) = (Spec::read(cx.arg(0))?, Spec::read(cx.arg(1))?);
    match (from.pod.is_empty(), to.pod.is_empty()) {
        (false, false) => msg("one of src or dest must be a local file specification"),
        (true, true) => msg("one of src or dest must be a remote file specification"),
        (false, true) => from_pod(cx, &from, &to.file).await,
        (true, false) => to_pod(cx, &from.file, &to).await,
    }
}

async fn find(cx: &Cx, spec: &Spec) -> Result<(Json, String)> {
    let namespace = if spec.namespace.is_empty() { cx.namespace()? } else { spec.namespace.clone() };
    let path = format!("/api/v1/namespaces/{namespace}/pods/{}", spec.pod);
    let pod = cx.client()?.get(&path, &[]).await?;
    let container = container_of(cx, &pod, cx.flags.str("container"))?;
    Ok((pod, container))
}

/// Runs a command in the container with this input; gives its output.
async fn run(
    cx: &Cx,
    pod: &Json,
    container: &str,
    command: &[&str],
    input: Option<&[u8]>,
) -> Result<Vec<u8>> {
    let words: Vec<String> = command.iter().map(|word| (*word).to_string()).collect();
    let streams = session::Streams { stdin: input.is_some(), tty: false, quiet: true };
    let req = session::request(cx, pod, "exec", container, &words, streams)?;
    session::collect(cx, req, input).await
}

async fn to_pod(cx: &Cx, source: &str, to: &Spec) -> Result {
    if source.is_empty() || to.file.is_empty() {
        return msg("filepath can not be empty");
    }
    let source = source.trim_end_matches('/');
    if cx.host.stat(source).is_none() {
        return msg(format!("{source} doesn't exist in local filesystem"));
    }
    let (pod, container) = find(cx, to).await?;
    let base = source.rsplit('/').next().unwrap_or(source);
    // Into a folder that is there the source keeps its name.
    let mut target = to.file.trim_end_matches('/').to_string();
    if run(cx, &pod, &container, &["test", "-d", &to.file], None).await.is_ok() {
        target = format!("{target}/{base}");
    }
    let (folder, name) = target.rsplit_once('/').unwrap_or((".", target.as_str()));
    let mut entries = Vec::new();
    gather(cx, source, name, &mut entries)?;
    let bytes = archive::write(&entries);
    let folder = if folder.is_empty() { "/" } else { folder };
    let mut command = vec!["tar"];
    if cx.flags.bool("no-preserve") {
        command.extend(["--no-same-permissions", "--no-same-owner"]);
    }
    command.extend(["-xmf", "-"]);
    if folder != "." {
        command.extend(["-C", folder]);
    }
    let out = run(cx, &pod, &container, &command, Some(&bytes)).await?;
    cx.host.stdout(&out);
    Ok(())
}

/// Reads a file or folder of the workstation into entries.
fn gather(cx: &Cx, path: &str, name: &str, entries: &mut Vec<Entry>) -> Result {
    if cx.host.stat(path) != Some(FileKind::Dir) {
        let bytes = cx.host.read_file(path).map_err(|e| CmdError::Msg(format!("open {path}: {e}")))?;
        entries.push(Entry { name: name.to_string(), folder: false, bytes });
        return Ok(());
    }
    entries.push(Entry { name: format!("{name}/"), folder: true, bytes: Vec::new() });
    let mut names = cx.host.list_dir(path).map_err(|e| CmdError::Msg(format!("open {path}: {e}")))?;
    names.sort();
    for inner in names.iter().filter(|inner| !matches!(inner.as_str(), "." | "..")) {
        gather(cx, &format!("{path}/{inner}"), &format!("{name}/{inner}"), entries)?;
    }
    Ok(())
}

async fn from_pod(cx: &Cx, from: &Spec, target: &str) -> Result {
    if from.file.is_empty() || target.is_empty() {
        return msg("filepath can not be empty");
    }
    let (pod, container) = find(cx, from).await?;
    let bytes = run(cx, &pod, &container, &["tar", "cf", "-", &from.file], None).await?;
    let prefix = from.file.trim_start_matches('/').trim_end_matches('/');
    // A folder that is there takes the file under its own name.
    let base = prefix.rsplit('/').next().unwrap_or(prefix);
    let target = target.trim_end_matches('/');
    for entry in archive::read(&bytes).map_err(CmdError::Msg)? {
        let name = entry.name.trim_start_matches("./").trim_end_matches('/');
        let Some(rest) = name.strip_prefix(prefix) else {
            return msg(format!("tar contents corrupted: {name}"));
        };
        if rest.split('/').any(|part| part == "..") {
            cx.err(format!("warning: file {target:?} is outside target destination, skipping"));
            continue;
        }
        let mut path = format!("{target}{rest}");
        if rest.is_empty() && !entry.folder && cx.host.stat(target) == Some(FileKind::Dir) {
            path = format!("{target}/{base}");
        }
        if !entry.folder {
            cx.host
                .write_file(&path, &entry.bytes)
                .map_err(|e| CmdError::Msg(format!("open {path}: {e}")))?;
        }
    }
    Ok(())
}
