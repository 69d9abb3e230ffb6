//! The command line of jq.

use indexmap::IndexMap;
use std::rc::Rc;

use super::json::{self, Style};
use super::value::Value;

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub null_input: bool,
    pub slurp: bool,
    pub raw_input: bool,
    pub raw_output: bool,
    /// After each value: a newline, nothing, or NUL.
    pub end: End,
    pub exit_status: bool,
    pub seq: bool,
    pub stream: bool,
    pub unbuffered: bool,
    /// `-C` or `-M`.
    pub colour: Option<bool>,
    pub compact: bool,
    pub indent: Option<String>,
    pub sort: bool,
    pub ascii: bool,
    pub filter: Option<String>,
    /// The filter is in a file (the first positional one).
    pub from_file: bool,
    pub files: Vec<String>,
    pub named: IndexMap<Rc<str>, Value>,
    pub positional: Vec<Value>,
    /// Variables whose values are files' contents: name, path, raw.
    pub loads: Vec<(String, String, bool)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    #[default]
    Line,
    Nothing,
    Nul,
}

/// What the command line asks for besides running a filter.
#[derive(Clone, Debug)]
pub enum Asked {
    Run(Box<Options>),
    Help,
    Version,
    /// A complaint; usage follows.
    Wrong(String),
}

pub fn read(args: &[String]) -> Asked {
    let mut options = Options::default();
    let mut words: Vec<String> = Vec::new();
    let mut rest = args.iter();
    // How words that are no options are taken: as files, strings or JSON.
    let mut further = 'f';
    let mut literal = false;
    while let Some(arg) = rest.next() {
        if literal || !arg.starts_with('-') || arg == "-" {
            match further {
                _ if words.is_empty() => words.push(arg.clone()),
                's' => options.positional.push(Value::str(arg)),
                'j' => match json::parse(arg.as_bytes()) {
                    Ok(value) => options.positional.push(value),
                    Err(_) => return Asked::Wrong("Invalid JSON text passed to --jsonargs".into()),
                },
                _ => words.push(arg.clone()),
            }
            continue;
        }
        if arg == "--" {
            literal = true;
            continue;
        }
        let two =
            |rest: &mut std::slice::Iter<'_, String>| Some((rest.next()?.clone(), rest.next()?.clone()));
        match arg.as_str() {
            "--args" => further = 's',
            "--jsonargs" => further = 'j',
            "--arg" => match two(&mut rest) {
                Some((name, value)) => {
                    options.named.entry(Rc::from(name)).or_insert_with(|| Value::str(value));
                }
                None => {
                    return Asked::Wrong("--arg takes two parameters (e.g. --arg varname value)".into());
                }
            },
            "--argjson" => match two(&mut rest) {
                Some((name, text)) => match json::parse(text.as_bytes()) {
                    Ok(value) => {
                        options.named.entry(Rc::from(name)).or_insert(value);
                    }
                    Err(_) => return Asked::Wrong("Invalid JSON text passed to --argjson".into()),
                },
                None => {
                    return Asked::Wrong(
                        "--argjson takes two parameters (e.g. --argjson varname text)".into(),
                    );
                }
            },
            "--slurpfile" | "--rawfile" => match two(&mut rest) {
                Some((name, path)) => options.loads.push((name, path, arg == "--rawfile")),
                None => {
                    return Asked::Wrong(format!("{arg} takes two parameters (e.g. {arg} varname filename)"));
                }
            },
            "--indent" => match rest.next().and_then(|n| n.parse::<i64>().ok()) {
                None => return Asked::Wrong("--indent takes one parameter".into()),
                Some(n) if n < 0 => return Asked::Wrong("Cannot indent less than zero".into()),
                Some(n) if n > 7 => return Asked::Wrong("Cannot indent more than 7 characters".into()),
                Some(0) => options.compact = true,
                Some(n) => {
                    options.compact = false;
                    options.indent = Some(" ".repeat(n as usize));
                }
            },
            "-h" | "--help" => return Asked::Help,
            "-V" | "--version" => return Asked::Version,
            "-L" | "--library-path" => {
                rest.next();
            }
            long if long.starts_with("--") => match long_letter(long) {
                Some(letter) => set(&mut options, letter),
                None => return Asked::Wrong(format!("Unknown option: {long}")),
            },
            short => {
                for letter in short[1..].chars() {
                    match letter {
                        'h' => return Asked::Help,
                        'V' => return Asked::Version,
                        'n' | 's' | 'R' | 'r' | 'j' | 'a' | 'S' | 'C' | 'M' | 'c' | 'e' | 'f' => {
                            set(&mut options, letter);
                        }
                        _ => return Asked::Wrong(format!("Unknown option: {short}")),
                    }
                }
            }
        }
    }
    let mut words = words.into_iter();
    options.filter = words.next();
    options.files = words.collect();
    Asked::Run(Box::new(options))
}

/// The letter of a long option; those without a letter have one of their own.
fn long_letter(long: &str) -> Option<char> {
    Some(match long {
        "--null-input" => 'n',
        "--slurp" => 's',
        "--raw-input" => 'R',
        "--raw-output" => 'r',
        "--join-output" => 'j',
        "--raw-output0" => '0',
        "--ascii-output" => 'a',
        "--sort-keys" => 'S',
        "--color-output" => 'C',
        "--monochrome-output" => 'M',
        "--compact-output" => 'c',
        "--exit-status" => 'e',
        "--from-file" => 'f',
        "--tab" => 't',
        "--seq" => 'q',
        "--stream" => 'x',
        "--unbuffered" => 'u',
        _ => return None,
    })
}

fn set(options: &mut Options, letter: char) {
    match letter {
        'n' => options.null_input = true,
        's' => options.slurp = true,
        'R' => options.raw_input = true,
        'r' => options.raw_output = true,
        'j' => {
            options.raw_output = true;
            options.end = End::Nothing;
        }
        '0' => {
            options.raw_output = true;
            options.end = End::Nul;
        }
        'a' => options.ascii = true,
        'S' => options.sort = true,
        'C' => options.colour = Some(true),
        'M' => options.colour = Some(false),
        'c' => options.compact = true,
        'e' => options.exit_status = true,
        'f' => options.from_file = true,
        't' => {
            options.compact = false;
            options.indent = Some("\t".to_owned());
        }
        'q' => options.seq = true,
        'x' => options.stream = true,
        _ => options.unbuffered = true,
    }
}

/// How values are shown, on a terminal or not.
pub fn style(options: &Options, terminal: bool, colours: Option<&str>, no_colour: bool) -> Style {
    let wanted = options.colour.unwrap_or(terminal && !no_colour);
    let colours = wanted.then(|| {
        let mut all = json::default_colours();
        let own = colours.unwrap_or("");
        // An unfit list is left aside as a whole.
        if own.bytes().all(|b| b.is_ascii_digit() || matches!(b, b';' | b':')) {
            for (slot, colour) in all.iter_mut().zip(own.split(':')).filter(|(_, c)| !c.is_empty()) {
                *slot = colour.to_owned();
            }
        }
        all
    });
    let indent = match (&options.indent, options.compact) {
        (_, true) => None,
        (Some(indent), _) => Some(indent.clone()),
        (None, _) => Some("  ".to_owned()),
    };
    Style { indent, sort: options.sort, ascii: options.ascii, colours }
}
