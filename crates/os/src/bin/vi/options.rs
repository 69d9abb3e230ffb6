//! `:set`, and the settings.

use super::Vi;
use crate::kernel::Sys;

/// Settings of `:set`, with Vim's names and values before anybody sets them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub number: bool,
    pub relative: bool,
    pub paste: bool,
    pub list: bool,
    pub wrap: bool,
    pub highlight: bool,
    pub ignore_case: bool,
    pub smart_case: bool,
    pub wrap_scan: bool,
    pub magic: bool,
    pub auto_indent: bool,
    pub expand_tab: bool,
    pub tab_stop: usize,
    pub soft_tab: usize,
    pub shift_width: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            number: false,
            relative: false,
            paste: false,
            list: false,
            wrap: true,
            highlight: false,
            ignore_case: false,
            smart_case: false,
            wrap_scan: true,
            magic: true,
            auto_indent: false,
            expand_tab: false,
            tab_stop: 8,
            soft_tab: 0,
            shift_width: 8,
        }
    }
}

/// On or off: long name, short name.
const FLAGS: [(&str, &str); 12] = [
    ("autoindent", "ai"),
    ("expandtab", "et"),
    ("hlsearch", "hls"),
    ("ignorecase", "ic"),
    ("list", "list"),
    ("magic", "magic"),
    ("number", "nu"),
    ("paste", "paste"),
    ("readonly", "ro"),
    ("relativenumber", "rnu"),
    ("smartcase", "scs"),
    ("wrap", "wrap"),
];

const NUMBERS: [(&str, &str); 3] = [("shiftwidth", "sw"), ("softtabstop", "sts"), ("tabstop", "ts")];

/// Options of start-up files that hold here whatever they say: there is no other way, or nothing that they change.
const SETTLED: [&str; 26] = [
    "ruler",
    "ru",
    "showmode",
    "smd",
    "nocompatible",
    "compatible",
    "cp",
    "backup",
    "bk",
    "writebackup",
    "wb",
    "swapfile",
    "swf",
    "hidden",
    "hid",
    "visualbell",
    "vb",
    "errorbells",
    "eb",
    "backspace",
    "bs",
    "encoding",
    "enc",
    "fileformat",
    "ff",
    "fileencoding",
];

/// Options of Vim whose feature is not here.
const LACKING: [&str; 30] = [
    "cursorline",
    "cul",
    "cursorcolumn",
    "cuc",
    "mouse",
    "syntax",
    "syn",
    "filetype",
    "ft",
    "background",
    "bg",
    "foldmethod",
    "fdm",
    "spell",
    "colorcolumn",
    "cc",
    "laststatus",
    "ls",
    "incsearch",
    "is",
    "showcmd",
    "sc",
    "showmatch",
    "sm",
    "modeline",
    "ml",
    "smartindent",
    "si",
    "cindent",
    "cin",
];

impl Vi {
    /// `:set` lines of the start-up file; what a smaller vi lacks is passed over.
    pub(super) fn read_settings(&mut self, sys: &mut Sys<'_>) {
        let home = sys.var("HOME").unwrap_or("/root").to_owned();
        let names: &[&str] = if self.busybox { &[".exrc"] } else { &[".vimrc", ".exrc"] };
        for name in names {
            let Ok(bytes) = crate::bin::screen::read_file(sys, &format!("{home}/{name}")) else { continue };
            for line in String::from_utf8_lossy(&bytes).lines() {
                let line = line.trim().trim_start_matches(':');
                if let Some(options) = line.strip_prefix("set ").or_else(|| line.strip_prefix("se ")) {
                    self.set_options(options);
                }
            }
            break;
        }
        self.message.clear();
        self.failed = false;
    }

    /// `:set` with several options, or none.
    pub(super) fn set_options(&mut self, options: &str) {
        if options.is_empty() || options == "all" {
            return self.tell_options(options == "all");
        }
        for option in options.split_whitespace() {
            if option.starts_with('"') {
                return;
            }
            self.set_option(option);
        }
    }

    fn tell_options(&mut self, all: bool) {
        let plain = Settings::default();
        let mut lines = vec!["--- Options ---".to_owned()];
        let mut words = Vec::new();
        let own = std::mem::replace(&mut self.settings, plain);
        let before: Vec<Option<bool>> = FLAGS.iter().map(|(name, _)| self.flag(name).map(|f| *f)).collect();
        let counts: Vec<Option<usize>> =
            NUMBERS.iter().map(|(name, _)| self.number(name).map(|n| *n)).collect();
        self.settings = own;
        for ((name, _), default) in FLAGS.iter().zip(before) {
            let now = self.flag(name).map(|f| *f);
            if all || (now != default && *name != "readonly") || (*name == "readonly" && now == Some(true)) {
                words.push(format!("{}{name}", if now == Some(true) { "  " } else { "no" }));
            }
        }
        for ((name, _), default) in NUMBERS.iter().zip(counts) {
            let now = self.number(name).map(|n| *n);
            if all || now != default {
                words.push(format!("  {name}={}", now.unwrap_or(0)));
            }
        }
        for row in words.chunks(3) {
            lines
                .push(row.iter().map(|word| format!("{word:<20}")).collect::<String>().trim_end().to_owned());
        }
        self.tell(lines);
    }

    fn flag(&mut self, name: &str) -> Option<&mut bool> {
        let settings = &mut self.settings;
        Some(match name {
            "number" | "nu" => &mut settings.number,
            "relativenumber" | "rnu" => &mut settings.relative,
            "paste" => &mut settings.paste,
            "list" => &mut settings.list,
            "wrap" => &mut settings.wrap,
            "hlsearch" | "hls" => &mut settings.highlight,
            "ignorecase" | "ic" => &mut settings.ignore_case,
            "smartcase" | "scs" => &mut settings.smart_case,
            "wrapscan" | "ws" => &mut settings.wrap_scan,
            "magic" => &mut settings.magic,
            "autoindent" | "ai" => &mut settings.auto_indent,
            "expandtab" | "et" => &mut settings.expand_tab,
            "readonly" | "ro" => &mut self.read_only,
            _ => return None,
        })
    }

    fn number(&mut self, name: &str) -> Option<&mut usize> {
        match name {
            "tabstop" | "ts" => Some(&mut self.settings.tab_stop),
            "shiftwidth" | "sw" => Some(&mut self.settings.shift_width),
            "softtabstop" | "sts" => Some(&mut self.settings.soft_tab),
            _ => None,
        }
    }

    fn set_option(&mut self, option: &str) {
        let (name, value) = match option.find(['=', ':']) {
            Some(at) => (&option[..at], Some(&option[at + 1..])),
            None => (option, None),
        };
        let (name, query) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        let (name, toggle) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let (name, toggle) = name.strip_prefix("inv").map_or((name, toggle), |name| (name, true));
        let (name, reset) = name.strip_suffix('&').map_or((name, false), |name| (name, true));
        if let Some(number) = self.number(name) {
            let default = if name.starts_with("so") || name == "sts" { 0 } else { 8 };
            return match value.map(str::parse::<usize>) {
                None if reset => *number = default,
                None => self.message = format!("  {}={number}", long(name)),
                Some(Ok(0)) if name.starts_with('t') => {
                    self.fail(format!("E487: Argument must be positive: {option}"))
                }
                Some(Ok(n)) => *number = n.min(99),
                Some(Err(_)) if value.is_some_and(|v| v.starts_with('-')) => {
                    self.fail(format!("E487: Argument must be positive: {option}"));
                }
                Some(Err(_)) => self.fail(format!("E521: Number required after =: {option}")),
            };
        }
        let (bare, on) = name.strip_prefix("no").map_or((name, true), |rest| (rest, false));
        let (name, on) = if self.flag(bare).is_some() { (bare, on) } else { (name, true) };
        if SETTLED.contains(&name) || SETTLED.contains(&bare) {
            return;
        }
        if LACKING.contains(&name) || LACKING.contains(&bare) {
            return self.fail(format!("E519: Option not supported: {option}"));
        }
        if value.is_some() && self.flag(name).is_some() {
            return self.fail(format!("E474: Invalid argument: {option}"));
        }
        match self.flag(name) {
            None => self.fail(format!("E518: Unknown option: {option}")),
            Some(flag) if query => {
                let text = format!("{}{}", if *flag { "  " } else { "no" }, long(name));
                self.message = text;
            }
            Some(flag) => {
                *flag = if toggle { !*flag } else { on && !reset };
                self.no_highlight = false;
            }
        }
    }
}

/// An option's long name.
fn long(name: &str) -> &str {
    FLAGS.iter().chain(&NUMBERS).find(|(_, short)| *short == name).map_or(name, |(long, _)| long)
}
