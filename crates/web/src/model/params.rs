//! What the page's URL asks for: the view in the query, the content in the fragment.

use kubarium_protocol::{Micros, Shape, Start};

/// The query's wishes. Unknown names are ignored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// `map`, `resources`, `rollout`, `services`; in embeds also `terminal`, `split`, `yaml`.
    pub view: String,
    /// Parts to leave out: `nav`, `editor`, `terminal`, `time`, `coach`, `strip`.
    pub hide: Vec<String>,
    /// Controls to show in an embed; empty: all.
    pub controls: Vec<String>,
    /// `light`, `dark`, `auto` or nothing.
    pub theme: String,
    /// Look, but change nothing.
    pub readonly: bool,
    /// Whether the clock runs at once.
    pub autoplay: bool,
    /// Opens in the editor.
    pub file: String,
    /// In pixels.
    pub terminal_height: Option<u32>,
    /// Lines to run, from `cmd` or `command`.
    pub commands: Vec<String>,
    /// Of the cluster to make.
    pub seed: Option<u64>,
    /// Worker nodes of the cluster to make.
    pub nodes: Option<u32>,
}

/// Which parts of the page there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The views of the cluster.
    pub stage: bool,
    /// Files and editor.
    pub side: bool,
    /// The terminals.
    pub terminal: bool,
}

impl Params {
    /// Reads a query, with or without its `?`.
    pub fn parse(query: &str) -> Params {
        let mut params = Params { autoplay: true, ..Params::default() };
        for pair in query.trim_start_matches('?').split('&').filter(|it| !it.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            let words =
                || value.split(',').map(|it| it.trim().to_string()).filter(|it| !it.is_empty()).collect();
            match name {
                "view" => params.view = value,
                "hide" => params.hide = words(),
                "controls" => params.controls = words(),
                "theme" => params.theme = value,
                "readonly" => params.readonly = value == "1",
                "autoplay" => params.autoplay = value != "0",
                "file" => params.file = value,
                "terminalHeight" => params.terminal_height = value.parse().ok(),
                "cmd" | "command" => {
                    params.commands.extend(
                        value.split(['\n', ';']).map(|it| it.trim().to_string()).filter(|it| !it.is_empty()),
                    );
                }
                "seed" => params.seed = value.parse().ok(),
                "nodes" => params.nodes = value.parse().ok().filter(|it| (1..=5000).contains(it)),
                _ => {}
            }
        }
        params
    }

    /// Whether a part is shown.
    pub fn shows(&self, part: &str) -> bool {
        !self.hide.iter().any(|it| it == part)
            && (self.controls.is_empty() || !is_control(part) || self.controls.iter().any(|it| it == part))
    }

    /// The parts that are there. In an embed `view` chooses them; on the page itself `files_open` says whether the
    /// person has files and editor open.
    pub fn parts(&self, embed: bool, files_open: bool) -> Parts {
        let only = |name: &str| self.view == name;
        let stage = !only("terminal") && !only("yaml");
        let terminal = self.shows("terminal") && !(embed && only("map")) && !only("yaml");
        // A file that is asked for is shown, unless a view is that has no place for it.
        let asked = !self.file.is_empty() && !only("map") && !only("terminal");
        let wanted = only("yaml") || only("split") || if embed { asked } else { files_open };
        Parts { stage, side: wanted && self.shows("editor"), terminal }
    }

    /// The shape that the query asks for, if it asks for one.
    pub fn shape(&self) -> Option<Shape> {
        if self.seed.is_none() && self.nodes.is_none() {
            return None;
        }
        let default = Shape::default();
        Some(Shape {
            seed: self.seed.unwrap_or(default.seed),
            nodes: self.nodes.unwrap_or(default.nodes),
            start: None::<Micros>,
        })
    }
}

fn is_control(part: &str) -> bool {
    matches!(part, "time" | "faults")
}

/// What a fragment asks to open; none: nothing (an empty fragment).
pub fn fragment_start(fragment: &str, run: bool) -> Option<Start> {
    let payload = fragment.trim_start_matches('#');
    // Only what looks like content: `#/z/…`, `#/j/…`. Anchors within the page are not.
    if !payload.starts_with('/') || payload.len() < 3 {
        return None;
    }
    Some(Start::Link { payload: payload.into(), run })
}

/// Percent-decoding, with `+` for a space.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|it| (*it as char).to_digit(16));
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_and_strangers_ignored() {
        let params =
            Params::parse("?view=map&hide=nav,editor&readonly=1&cmd=kubectl%20get+pods;ls&nodes=9999&utm=x");
        assert_eq!((params.view.as_str(), params.readonly, params.nodes), ("map", true, None));
        assert_eq!(params.commands, ["kubectl get pods", "ls"]);
        assert!(!params.shows("nav") && params.shows("time"));
        assert!(!Params::parse("controls=faults").shows("time"));
        assert_eq!(Params::parse("seed=7").shape(), Some(Shape { seed: 7, ..Shape::default() }));
        assert_eq!(Params::parse("").shape(), None);
    }

    #[test]
    fn an_embed_shows_what_its_view_and_file_ask_for() {
        let parts = |query: &str| {
            let Parts { stage, side, terminal } = Params::parse(query).parts(true, true);
            (stage, side, terminal)
        };
        assert_eq!(parts(""), (true, false, true));
        assert_eq!(parts("file=hello.yaml"), (true, true, true));
        assert_eq!(parts("view=map&file=hello.yaml"), (true, false, false));
        assert_eq!(parts("view=terminal"), (false, false, true));
        assert_eq!(parts("view=yaml&file=hello.yaml"), (false, true, false));
        assert_eq!(parts("view=split&hide=editor"), (true, false, true));
        assert!(!Params::parse("file=a.yaml").parts(false, false).side);
        assert!(Params::parse("view=map").parts(false, true).terminal);
    }

    #[test]
    fn fragments_with_content_are_links() {
        assert_eq!(
            fragment_start("#/z/abc", true),
            Some(Start::Link { payload: "/z/abc".into(), run: true })
        );
        assert_eq!(fragment_start("", true), None);
        assert_eq!(fragment_start("#top", true), None);
    }
}
