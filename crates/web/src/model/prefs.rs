//! What of the page outlives it: colours, sizes, how time went.

/// Settings that outlive the page.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Prefs {
    /// `light`, `dark` or nothing for the system's.
    pub theme: String,
    /// Width of the files and editor, in pixels.
    pub left: f64,
    /// Height of the terminal, in pixels.
    pub bottom: f64,
    /// Files and editor are shown.
    pub left_open: bool,
    /// The first minute's sentences were done or sent away.
    pub coach_over: bool,
    /// The terminal tells a screen reader what it shows.
    pub screen_reader: bool,
    /// The map shows kube-system, too.
    pub show_system: bool,
    /// How time went when the page was left.
    pub paused: bool,
    /// Simulated seconds per second.
    pub speed: f64,
}

impl Prefs {
    /// Reads what was kept as JSON. What is missing or of another type is as it is at first.
    pub fn read(text: &str) -> Prefs {
        let kept: kubarium_protocol::Json = serde_json::from_str(text).unwrap_or_default();
        let first = Prefs::default();
        let flag = |name: &str, first: bool| kept[name].as_bool().unwrap_or(first);
        let number = |name: &str, first: f64| kept[name].as_f64().unwrap_or(first);
        Prefs {
            theme: kept["theme"].as_str().unwrap_or_default().to_owned(),
            left: number("left", first.left),
            bottom: number("bottom", first.bottom),
            left_open: flag("left_open", first.left_open),
            coach_over: flag("coach_over", first.coach_over),
            screen_reader: flag("screen_reader", first.screen_reader),
            show_system: flag("show_system", first.show_system),
            paused: flag("paused", first.paused),
            speed: number("speed", first.speed),
        }
    }
}

impl Prefs {
    /// What of the settings holds in an embed, whose author lays it out and starts it: colours and how it is read.
    pub fn in_an_embed(self) -> Prefs {
        Prefs { theme: self.theme, screen_reader: self.screen_reader, ..Prefs::default() }
    }
}

impl Default for Prefs {
    fn default() -> Prefs {
        Prefs {
            theme: String::new(),
            left: 420.0,
            bottom: 288.0,
            left_open: true,
            coach_over: false,
            screen_reader: false,
            show_system: true,
            paused: false,
            speed: 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_what_is_missing_is_as_at_first() {
        let prefs =
            Prefs { theme: "dark".into(), left: 300.5, left_open: false, paused: true, ..Prefs::default() };
        let text = serde_json::to_string(&prefs).expect("serialises");
        assert_eq!(Prefs::read(&text), prefs);
        assert_eq!(Prefs::read("{\"left\": \"wide\"}"), Prefs::default());
        assert_eq!(Prefs::read(""), Prefs::default());
    }

    #[test]
    fn an_embed_looks_the_same_for_everybody() {
        let mine = Prefs {
            theme: "dark".into(),
            bottom: 700.0,
            show_system: false,
            speed: 50.0,
            ..Prefs::default()
        };
        assert_eq!(mine.in_an_embed(), Prefs { theme: "dark".into(), ..Prefs::default() });
    }
}
