//! The command line of yq.

use super::formats::Format;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// `eval-all`
    pub all: bool,
    pub in_place: bool,
    pub null_input: bool,
    pub no_separators: bool,
    pub pretty: bool,
    pub exit_status: bool,
    pub compact: bool,
    pub nul: bool,
    /// `-r`, where it was said.
    pub raw: Option<bool>,
    pub output: Option<Format>,
    pub input: Option<Format>,
    pub indent: usize,
    pub split: Option<String>,
    pub expression: Option<String>,
    pub expression_file: Option<String>,
    /// What is no option.
    pub rest: Vec<String>,
}

/// How reading the command line ended.
pub enum Read {
    Options(Box<Options>),
    Help,
    Version,
    /// A complaint, and whether the usage follows it.
    Wrong(String),
}

const LONG: &[(&str, char)] = &[
    ("colors", 'C'),
    ("debug-node-info", '_'),
    ("exit-status", 'e'),
    ("expression", 'E'),
    ("from-file", 'F'),
    ("help", 'h'),
    ("indent", 'I'),
    ("inplace", 'i'),
    ("input-format", 'p'),
    ("no-colors", 'M'),
    ("no-doc", 'N'),
    ("nul-output", '0'),
    ("null-input", 'n'),
    ("output-format", 'o'),
    ("prettyPrint", 'P'),
    ("split-exp", 's'),
    ("tojson", 'j'),
    ("unwrapScalar", 'r'),
    ("verbose", 'v'),
    ("version", 'V'),
    ("yaml-compact-seq-indent", 'c'),
];

impl Options {
    fn take(&mut self, flag: char, value: &str) -> Result<(), String> {
        let truth = || match value {
            "" | "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(format!(
                "invalid argument \"{value}\" for \"-{flag}\" flag: strconv.ParseBool: parsing \"{value}\": invalid syntax"
            )),
        };
        let format = || match Format::named(value) {
            Some(format) => Ok(Some(format)),
            None if matches!(value, "auto" | "a") => Ok(None),
            None if matches!(
                value,
                "xml"
                    | "x"
                    | "toml"
                    | "hcl"
                    | "lua"
                    | "ini"
                    | "shell"
                    | "base64"
                    | "uri"
                    | "sh"
                    | "kyaml"
                    | "ky"
            ) =>
            {
                Err(format!("the format '{value}' is not simulated: yaml, json, props, csv and tsv are"))
            }
            None => Err(format!("unknown format '{value}' please use [yaml|json|props|csv|tsv]")),
        };
        match flag {
            'i' => self.in_place = truth()?,
            'n' => self.null_input = truth()?,
            'N' => self.no_separators = truth()?,
            'P' => self.pretty = truth()?,
            'e' => self.exit_status = truth()?,
            'c' => self.compact = truth()?,
            '0' => self.nul = truth()?,
            'r' => self.raw = Some(truth()?),
            'j' => self.output = Some(Format::Json),
            'o' => self.output = format()?,
            'p' => self.input = format()?,
            'I' => {
                let invalid = || {
                    format!(
                        "invalid argument \"{value}\" for \"-I, --indent\" flag: strconv.ParseInt: parsing \"{value}\": invalid syntax"
                    )
                };
                let n: i64 = value.parse().map_err(|_| invalid())?;
                if n < 0 {
                    return Err("indent must not be negative".to_string());
                }
                self.indent = n.min(40) as usize;
            }
            's' => self.split = Some(value.to_string()),
            'E' => self.expression = Some(value.to_string()),
            'F' => self.expression_file = Some(value.to_string()),
            _ => {}
        }
        Ok(())
    }
}

/// Reads the arguments.
pub fn read(args: &[String]) -> Read {
    let mut options = Options {
        all: false,
        in_place: false,
        null_input: false,
        no_separators: false,
        pretty: false,
        exit_status: false,
        compact: false,
        nul: false,
        raw: None,
        output: None,
        input: None,
        indent: 2,
        split: None,
        expression: None,
        expression_file: None,
        rest: Vec::new(),
    };
    let mut args = args.iter().peekable();
    let command = args.peek().map(|a| a.as_str());
    if matches!(command, Some("e" | "eval" | "ea" | "eval-all")) {
        options.all = command.is_some_and(|c| c.starts_with("ea") || c == "eval-all");
        args.next();
    } else if command == Some("help") {
        return Read::Help;
    }
    while let Some(arg) = args.next() {
        if arg == "--" {
            options.rest.extend(args.cloned());
            break;
        }
        let mut found: Vec<(char, Option<String>)> = Vec::new();
        if let Some(long) = arg.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (long, None),
            };
            let Some((_, flag)) = LONG.iter().find(|(known, _)| *known == name) else {
                return Read::Wrong(format!("unknown flag: --{name}"));
            };
            found.push((*flag, value));
        } else if let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) {
            for (i, letter) in letters.char_indices() {
                let known = LONG.iter().any(|(_, flag)| *flag == letter) && !"EF_".contains(letter);
                if !known {
                    return Read::Wrong(format!("unknown shorthand flag: '{letter}' in -{}", &letters[i..]));
                }
                let rest = &letters[i + letter.len_utf8()..];
                if takes_value(letter) || rest.starts_with('=') {
                    let value = rest.strip_prefix('=').unwrap_or(rest);
                    found.push((letter, (!rest.is_empty()).then(|| value.to_string())));
                    break;
                }
                found.push((letter, None));
            }
        } else {
            options.rest.push(arg.clone());
            continue;
        }
        for (flag, value) in found {
            match flag {
                'h' => return Read::Help,
                'V' => return Read::Version,
                _ => {}
            }
            let value = match value {
                Some(value) => value,
                None if takes_value(flag) => match args.next() {
                    Some(value) => value.clone(),
                    None => return Read::Wrong(format!("flag needs an argument: {arg}")),
                },
                None => String::new(),
            };
            if let Err(wrong) = options.take(flag, &value) {
                return Read::Wrong(wrong);
            }
        }
    }
    Read::Options(Box::new(options))
}

fn takes_value(flag: char) -> bool {
    "opIsEF".contains(flag)
}
