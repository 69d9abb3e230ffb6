//! Manifests: finding the files that `-f` names, reading YAML and JSON streams, what a client can check by itself.

use api::Json;
use api::base::yaml;
use collections::StableSort;

use crate::cx::Cx;
use crate::error::{CmdError, Result, msg};
use crate::host::{FileKind, StdinEvent};
use crate::kubeconfig::absolute;

const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// A document and the file it stood in.
#[derive(Clone, Debug)]
pub struct Document {
    /// The document; one of a List is a document of its own.
    pub value: Json,
    /// As the user wrote the path; `STDIN` for `-`.
    pub source: String,
}

/// Reads all documents of the named files, folders, URLs and `-`.
///
/// # Errors
/// A path does not exist. Files that do not parse are in the second list; the others are read.
pub async fn read(cx: &Cx, names: &[String]) -> Result<(Vec<Document>, Vec<CmdError>)> {
    let mut sources: Vec<(String, String)> = Vec::new();
    for name in names {
        if name == "-" {
            sources.push(("STDIN".into(), stdin(cx).await));
        } else if name.starts_with("http://") || name.starts_with("https://") {
            let response = cx.host.fetch_url(name).await?;
            if response.status != 200 {
                let (status, reason) =
                    (response.status, if response.status == 404 { " Not Found" } else { "" });
                return msg(format!(
                    "unable to read URL {name:?}, server reported {status}{reason}, status code={status}"
                ));
            }
            sources.push((name.clone(), response.body.to_text()));
        } else {
            for path in expand(cx, name)? {
                let bytes = cx
                    .host
                    .read_file(&absolute(&*cx.host, &path))
                    .map_err(|e| CmdError::Msg(format!("open {path}: {e}")))?;
                sources.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    let (mut documents, mut errors) = (Vec::new(), Vec::new());
    for (source, text) in sources {
        match parse(&text) {
            Ok(values) => {
                documents.extend(values.into_iter().map(|value| Document { value, source: source.clone() }))
            }
            Err((before, problem)) => {
                documents.extend(before.into_iter().map(|value| Document { value, source: source.clone() }));
                errors.push(CmdError::Msg(format!("error parsing {source}: {problem}")));
            }
        }
    }
    Ok((documents, errors))
}

/// Reads standard input to its end.
pub async fn stdin(cx: &Cx) -> String {
    let mut bytes = Vec::new();
    loop {
        match cx.host.stdin().await {
            StdinEvent::Data(data) => bytes.extend(data),
            StdinEvent::Eof => return String::from_utf8_lossy(&bytes).into_owned(),
            StdinEvent::Resize(..) => {}
        }
    }
}

fn expand(cx: &Cx, name: &str) -> Result<Vec<String>> {
    match cx.host.stat(&absolute(&*cx.host, name)) {
        Some(FileKind::File) => Ok(vec![name.to_string()]),
        None => msg(format!("the path {name:?} does not exist")),
        Some(FileKind::Dir) => {
            let mut found = Vec::new();
            walk(cx, name, cx.flags.bool("recursive"), 0, &mut found)?;
            if found.is_empty() {
                return msg(format!(
                    "error reading [{name}]: recognized file extensions are [.json .yaml .yml]"
                ));
            }
            Ok(found)
        }
    }
}

fn walk(cx: &Cx, dir: &str, deep: bool, depth: usize, found: &mut Vec<String>) -> Result {
    let mut names =
        cx.host.list_dir(&absolute(&*cx.host, dir)).map_err(|e| CmdError::Msg(format!("open {dir}: {e}")))?;
    names.stable_sort();
    for name in names {
        let path = match dir.trim_end_matches('/') {
            "." | "" => name.clone(),
            dir => format!("{}/{name}", dir.strip_prefix("./").unwrap_or(dir)),
        };
        match cx.host.stat(&absolute(&*cx.host, &path)) {
            Some(FileKind::Dir) if deep && depth < 40 => walk(cx, &path, deep, depth + 1, found)?,
            Some(FileKind::File) if EXTENSIONS.iter().any(|e| name.ends_with(e)) => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

/// Parses a stream of YAML documents or of JSON values. On a mistake, returns what stood before it too.
///
/// # Errors
/// The documents before the broken one, and the reader's message.
pub fn parse(text: &str) -> std::result::Result<Vec<Json>, (Vec<Json>, String)> {
    let mut out = Vec::new();
    if text.trim_start().starts_with('{') {
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Json>();
        let mut clean = true;
        for value in stream.by_ref() {
            match value {
                Ok(value) => out.push(value),
                Err(_) => {
                    clean = false;
                    break;
                }
            }
        }
        if clean {
            return Ok(out);
        }
        out.clear();
    }
    for document in yaml::documents(text) {
        match yaml::parse(&document.text) {
            Ok(document) if document.value.is_null() => {}
            Ok(document) => out.push(document.value),
            Err(e) => return Err((out, format!("error converting YAML to JSON: {e}"))),
        }
    }
    Ok(out)
}

/// Sorts the keys of all objects, as Go's maps are written: the server meets fields in this order.
pub fn sort_keys(value: &mut Json) {
    match value {
        Json::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort_keys);
        }
        Json::Array(items) => items.iter_mut().for_each(sort_keys),
        _ => {}
    }
}

/// What the client can see without a schema: whether the document says what it is.
pub fn validate(value: &Json) -> Option<String> {
    if !value.is_object() {
        return Some("invalid object to validate".into());
    }
    if value["kind"] == "List"
        && let Some(items) = value["items"].as_array()
    {
        let problems: Vec<String> = items.iter().filter_map(validate).collect();
        return list(problems);
    }
    let missing = |field: &str| value[field].as_str().is_none_or(|s| s.is_empty());
    let problems = ["apiVersion", "kind"].into_iter().filter(|f| missing(f)).map(|f| {
        if value.get(f).is_some_and(|v| !v.is_string() && !v.is_null()) {
            format!("{f} is not a string")
        } else {
            format!("{f} not set")
        }
    });
    list(problems.collect())
}

fn list(problems: Vec<String>) -> Option<String> {
    match problems.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}
