//! Share links: a history, and the files of the workstation, in the fragment of a URL.
//!
//! `#/z/<payload>`: `z1`, then base64url without padding of deflate-raw of JSON; `#/j/<base64 of the same JSON>` is read
//! too, since people and tools write links. Links come from strangers: sizes, depths and counts are bounded, unknown
//! fields are ignored, an unknown codec is refused with the version it needs. Every codec that was ever written stays.

use api::Json;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use kubarium_core::cluster::{Saved, story::describe_input};
use protocol::{LinkSummary, Shape};
use serde_json::json;

/// Of Kubarium, in links.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What is simulated.
pub const KUBERNETES: &str = "v1.36.1";
const CODEC: &str = "z1";
/// Inflated bytes that a link may hold.
const SIZE_MAX: usize = 1 << 20;
/// Inflated bytes that a stored state may hold.
const STORED_MAX: usize = 64 << 20;
const FILES_MAX: usize = 200;

/// What a link holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Of the Kubarium that made it.
    pub version: String,
    /// The history.
    pub saved: Saved,
    /// Paths relative to the home folder.
    pub files: Vec<(String, String)>,
}

impl Link {
    /// The fragment without `#`: `/z/…`.
    pub fn encode(&self) -> String {
        format!("/z/{CODEC}{}", URL_SAFE_NO_PAD.encode(self.pack()))
    }

    /// The same as bytes, for storage.
    pub fn pack(&self) -> Vec<u8> {
        let files: serde_json::Map<String, Json> =
            self.files.iter().map(|(path, text)| (path.clone(), Json::from(text.as_str()))).collect();
        let json = json!({ "v": 1, "kubarium": self.version, "kubernetes": KUBERNETES, "history": self.saved.to_json(), "files": files });
        miniz_oxide::deflate::compress_to_vec(json.to_string().as_bytes(), 9)
    }

    /// Reads what [`Link::pack`] wrote. A stored state may be larger than a link.
    pub fn unpack(bytes: &[u8]) -> Result<Link, (String, String)> {
        Link::parse(&inflate(bytes, STORED_MAX)?)
    }

    /// Reads a fragment (with or without `#`) or a bare payload. Errors: a sentence, and what may help.
    pub fn decode(text: &str) -> Result<Link, (String, String)> {
        let text = text.trim().trim_start_matches('#');
        let bytes = if let Some(payload) = text.strip_prefix("/j/").or_else(|| text.strip_prefix("j/")) {
            decode_base64(payload)?
        } else {
            let payload = text.strip_prefix("/z/").or_else(|| text.strip_prefix("z/")).unwrap_or(text);
            let Some(packed) = payload.strip_prefix(CODEC) else {
                let codec: String = payload.chars().take(2).collect();
                return Err((
                    format!(
                        "This link is written in a form (\"{codec}\") that this version of Kubarium does not know."
                    ),
                    "Open it with a newer version, or check that the whole link was copied.".to_owned(),
                ));
            };
            inflate(&decode_base64(packed)?, SIZE_MAX)?
        };
        if bytes.len() > SIZE_MAX {
            return Err(too_large());
        }
        Link::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Link, (String, String)> {
        let json: Json = serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?;
        Link::from_json(&json)
    }

    fn from_json(json: &Json) -> Result<Link, (String, String)> {
        if json.get("v").and_then(Json::as_u64).unwrap_or(1) > 1 {
            let version = json.get("kubarium").and_then(Json::as_str).unwrap_or("a newer version");
            return Err((
                "This link needs a newer Kubarium.".to_owned(),
                format!("It was made with {version}."),
            ));
        }
        let history = json.get("history").ok_or_else(|| damaged("`history` is missing"))?;
        let saved = Saved::from_json(history).map_err(|e| damaged(&e))?;
        let empty = serde_json::Map::new();
        let files = json.get("files").and_then(Json::as_object).unwrap_or(&empty);
        if files.len() > FILES_MAX {
            return Err(damaged(&format!("{} files, more than {FILES_MAX}", files.len())));
        }
        let files = files
            .iter()
            .filter(|(path, _)| is_safe(path))
            .filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned())))
            .collect();
        let version = json.get("kubarium").and_then(Json::as_str).unwrap_or_default().to_owned();
        Ok(Link { version, saved, files })
    }

    /// What it holds, in words.
    pub fn summary(&self) -> LinkSummary {
        let config = &self.saved.config;
        let mut commands: Vec<String> =
            self.saved.inputs.iter().map(|recorded| describe_input(&recorded.input)).collect();
        // One command is often several requests.
        commands.dedup();
        LinkSummary {
            shape: Shape { seed: config.seed, nodes: config.nodes, start: Some(config.start.micros()) },
            version: self.version.clone(),
            kubernetes: KUBERNETES.to_owned(),
            files: self.files.iter().map(|(path, text)| (path.clone(), text.len() as u64)).collect(),
            commands,
            length: self.saved.latest.micros() - config.start.micros(),
        }
    }
}

/// A path below the home folder: relative, without `..`.
fn is_safe(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && path.split('/').all(|part| !part.is_empty() && part != ".." && part != ".")
}

fn decode_base64(text: &str) -> Result<Vec<u8>, (String, String)> {
    if text.len() > 2 * SIZE_MAX {
        return Err(too_large());
    }
    let engines = [&URL_SAFE_NO_PAD, &URL_SAFE, &STANDARD];
    engines.iter().find_map(|engine| engine.decode(text).ok()).ok_or_else(|| damaged("it is not base64"))
}

fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, (String, String)> {
    miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, limit).map_err(|e| match e.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => too_large(),
        _ => damaged("it cannot be unpacked"),
    })
}

fn damaged(what: &str) -> (String, String) {
    (format!("This link cannot be read: {what}."), "Check that the whole link was copied.".to_owned())
}

fn too_large() -> (String, String) {
    (format!("This link holds more than {} KiB.", SIZE_MAX >> 10), "Ask for it as a file.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubarium_core::cluster::ClusterConfig;

    fn link() -> Link {
        let config = ClusterConfig::default();
        let latest = config.start;
        let saved = Saved { config, inputs: Vec::new(), latest };
        Link {
            version: VERSION.to_owned(), saved, files: vec![("web.yaml".to_owned(), "a: ü\n".to_owned())]
        }
    }

    #[test]
    fn a_link_reads_back() {
        let link = link();
        assert_eq!(Link::decode(&format!("#{}", link.encode())), Ok(link));
    }

    #[test]
    fn bad_links_are_refused_in_words() {
        for bad in ["", "#/z/", "#/z/z9AAAA", "#/z/z1!!!!", "#/z/z1AAAA", "#/j/e30=", "#/z/z1", "\u{0}"] {
            let (message, hint) = Link::decode(bad).expect_err(bad);
            assert!(message.starts_with("This link") && !hint.is_empty(), "{bad}: {message}");
        }
    }

    #[test]
    fn a_link_cannot_write_outside_of_the_home_folder() {
        assert!(is_safe("a/b.yaml"));
        for path in ["/etc/passwd", "../x", "a/../../x", "", "a//b"] {
            assert!(!is_safe(path), "{path}");
        }
    }
}
