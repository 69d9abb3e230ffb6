//! Options as openssl reads them: words after one dash (or two), values behind them or behind `=`.

/// The arguments of a command.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Args {
    pub command: String,
    /// Options in order: what comes out of x509 follows it.
    pub list: Vec<(&'static str, String)>,
    /// A digest or cipher that was named by an option of its own.
    pub named: Option<String>,
    pub rest: Vec<String>,
}

/// The options of a command, as words: `in<` takes the name of a file that is read, `out:` any value, `days#` a number
/// that is not negative, `*` stands for names of digests or ciphers, others are flags; a last `+` lets operands be.
pub type Spec = &'static str;

impl Args {
    /// Reads the arguments; Err is what is said (`-help` is said on stderr too).
    pub fn parse(command: &str, spec: Spec, words: &[String]) -> Result<Args, (String, u8)> {
        let mut args = Args { command: command.to_string(), ..Args::default() };
        let fail = |what: String| Err((format!("{command}: {what}\n{command}: Use -help for summary.\n"), 1));
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix('-').filter(|o| !o.is_empty()) else {
                args.rest.push(word.clone());
                args.rest.extend(words.cloned());
                break;
            };
            let option = option.strip_prefix('-').unwrap_or(option);
            if option.is_empty() {
                args.rest.extend(words.cloned());
                break;
            }
            if option == "help" {
                return Err((usage(command, spec), 0));
            }
            let (name, attached) = option.split_once('=').map_or((option, None), |(n, v)| (n, Some(v)));
            let found = spec.split(' ').find(|w| w.trim_end_matches(['<', ':', '#']) == name && *w != "*");
            match found.map(|w| (w.trim_end_matches(['<', ':', '#']), w.ends_with(['<', ':', '#']))) {
                Some((known, true)) => {
                    let Some(value) = attached.map(str::to_string).or_else(|| words.next().cloned()) else {
                        return fail(format!("Option -{name} needs a value"));
                    };
                    if found.is_some_and(|w| w.ends_with('#')) && value.parse::<i64>().is_err() {
                        return fail(format!("Can't parse \"{value}\" as a number"));
                    }
                    if found.is_some_and(|w| w.ends_with('#')) && value.starts_with('-') {
                        if command == "x509" && name == "days" {
                            return Err(("x509: -days parameter arg must be >= -1\n".to_string(), 1));
                        }
                        return fail(format!("Non-positive number \"{value}\" for option -{name}"));
                    }
                    if matches!(known, "inform" | "outform")
                        && !matches!(value.to_ascii_uppercase().as_str(), "PEM" | "DER" | "P" | "D")
                    {
                        let bad = format!("{command}: Bad format \"{value}\"\n");
                        let invalid = format!("Invalid format \"{value}\" for option -{name}");
                        return fail(invalid).map_err(|(text, code)| (bad + &text, code));
                    }
                    args.list.push((known, value));
                }
                Some((known, false)) => args.list.push((known, String::new())),
                None if spec.split(' ').any(|w| w == "*") => args.named = Some(name.to_string()),
                None => return fail(format!("Unknown option: -{name}")),
            }
        }
        if !args.rest.is_empty() && !spec.ends_with('+') {
            return Err((format!("{command}: Use -help for summary.\n"), 1));
        }
        Ok(args)
    }

    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|(n, _)| *n == name)
    }

    /// The last value given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.list.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.list.iter().filter(move |(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }

    /// Whether output is to be DER.
    pub fn der(&self) -> bool {
        self.value("outform").is_some_and(|f| f.to_ascii_uppercase().starts_with('D'))
    }

    /// The files among the values.
    pub fn inputs(&self, spec: Spec) -> Vec<String> {
        let is_file = |name: &str| spec.split(' ').any(|w| w.strip_suffix('<') == Some(name));
        self.list.iter().filter(|(n, _)| is_file(n)).map(|(_, v)| v.clone()).collect()
    }
}

fn usage(command: &str, spec: Spec) -> String {
    let mut text = format!("Usage: {command} [options]\n\nOptions that are simulated:\n -help\n");
    for word in spec.split(' ').filter(|w| !matches!(*w, "*" | "+")) {
        let name = word.trim_end_matches(['<', ':', '#']);
        let value = match word.chars().last() {
            Some('<') => " infile",
            Some(':') => " val",
            Some('#') => " +int",
            _ => "",
        };
        text.push_str(&format!(" -{name}{value}\n"));
    }
    text
}
