//! curl's options, read in curl's own way and wording.

use super::{
    super::{opts, tool::Output},
    form::{self, Part},
};
use crate::kernel::Sys;

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub method: Option<String>,
    pub headers: Vec<String>,
    /// The body of a POST.
    pub data: Option<Vec<u8>>,
    /// The parts of a form (`-F`).
    pub parts: Vec<Part>,
    /// The file to put (`-T`), and its content.
    pub upload: Option<(String, Vec<u8>)>,
    /// What `-b` says itself, the files it names, and where `-c` keeps cookies.
    pub cookies: Vec<String>,
    pub cookie_files: Vec<String>,
    pub cookie_jar: Option<String>,
    /// What is asked for with `-G` or `--url-query`.
    pub query: Vec<String>,
    /// How deep `-K` is within itself.
    depth: u32,
    pub get: bool,
    pub head: bool,
    pub include: bool,
    pub silent: bool,
    pub show_error: bool,
    pub no_meter: bool,
    pub bar: bool,
    pub fail: bool,
    pub fail_with_body: bool,
    pub follow: bool,
    pub max_redirects: Option<u32>,
    pub insecure: bool,
    pub verbose: bool,
    pub user: Option<String>,
    pub agent: Option<String>,
    pub write_out: Option<String>,
    /// In µs.
    pub max_time: Option<i64>,
    pub connect_timeout: Option<i64>,
    pub roots: String,
    pub retry: u32,
    pub retry_delay: Option<i64>,
    pub retry_refused: bool,
    pub retry_all: bool,
    pub resolve: Vec<String>,
    pub create_dirs: bool,
    /// Where the headers go.
    pub dump: Option<String>,
    pub urls: Vec<String>,
    /// Where the answers go, one for each URL.
    pub outputs: Vec<Target>,
    pub remote_name_all: bool,
}

/// Where an answer goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    File(String),
    RemoteName,
}

/// Letter (`\0` for none), name, whether it takes a value. The first letter stands for the option in what follows.
const TABLE: &[(char, &str, bool)] = &[
    ('X', "request", true),
    ('H', "header", true),
    ('d', "data", true),
    ('d', "data-ascii", true),
    ('r', "data-raw", true),
    ('B', "data-binary", true),
    ('1', "data-urlencode", true),
    ('J', "json", true),
    ('F', "form", true),
    ('T', "upload-file", true),
    ('y', "dump-header", true),
    ('c', "cookie-jar", true),
    ('K', "config", true),
    ('P', "form-string", true),
    ('Q', "url-query", true),
    ('G', "get", false),
    ('I', "head", false),
    ('i', "include", false),
    ('s', "silent", false),
    ('S', "show-error", false),
    ('f', "fail", false),
    ('2', "fail-with-body", false),
    ('L', "location", false),
    ('3', "max-redirs", true),
    ('k', "insecure", false),
    ('v', "verbose", false),
    ('o', "output", true),
    ('O', "remote-name", false),
    ('4', "remote-name-all", false),
    ('u', "user", true),
    ('A', "user-agent", true),
    ('e', "referer", true),
    ('b', "cookie", true),
    ('w', "write-out", true),
    ('m', "max-time", true),
    ('5', "connect-timeout", true),
    ('6', "cacert", true),
    ('7', "retry", true),
    ('8', "retry-connrefused", false),
    ('9', "retry-all-errors", false),
    ('D', "retry-delay", true),
    ('.', "retry-max-time", true),
    ('z', "resolve", true),
    ('N', "no-buffer", false),
    ('.', "compressed", false),
    ('.', "http1.1", false),
    ('.', "http1.0", false),
    ('.', "http2", false),
    ('.', "tlsv1.2", false),
    ('.', "tlsv1.3", false),
    ('.', "location-trusted", false),
    ('.', "path-as-is", false),
    ('.', "ipv4", false),
    ('.', "ipv6", false),
    ('E', "cert", true),
    ('.', "key", true),
    ('.', "noproxy", true),
    ('x', "proxy", true),
    ('g', "globoff", false),
    ('q', "disable", false),
    ('t', "create-dirs", false),
    ('p', "no-progress-meter", false),
    ('#', "progress-bar", false),
    ('U', "url", true),
    ('V', "version", false),
    ('h', "help", false),
];

/// Letters that have another meaning on the command line than in the table above.
fn letter(c: char) -> Option<(char, bool)> {
    match c {
        '4' | '6' | '0' | '1' | '2' | '3' => Some(('.', false)),
        'D' => Some(('y', true)),
        'T' => Some(('T', true)),
        'P' | 'Q' => None,
        '5' | '7' | '8' | '9' | '.' | 'r' | 'z' | 't' | 'p' | 'U' | 'J' | 'B' => None,
        _ => TABLE.iter().find(|(l, ..)| *l == c).map(|(l, _, takes)| (*l, *takes)),
    }
}

const HINT: &str = "curl: try 'curl --help' or 'curl --manual' for more information\n";

/// Reads the arguments; Err is the exit code after what had to be said.
pub fn parse(sys: &mut Sys<'_>, out: &mut Output) -> Result<Options, u8> {
    let argv = sys.argv();
    let mut o = Options::default();
    if argv.len() < 2 {
        out.push(2, HINT.as_bytes());
        return Err(2);
    }
    o.words(sys, out, argv.iter().skip(1).cloned().collect())?;
    o.one_method(out)?;
    if o.urls.is_empty() {
        out.push(2, format!("curl: (2) no URL specified\n{HINT}").as_bytes());
        return Err(2);
    }
    if o.roots.is_empty() {
        o.roots = sys.vfs().read_text("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    }
    Ok(o)
}

fn refuse(out: &mut Output, option: &str, why: &str) -> u8 {
    out.push(2, format!("curl: option {option}: {why}\n{HINT}").as_bytes());
    2
}

/// A warning, in lines as long as curl's.
fn warn(out: &mut Output, text: &str) {
    const WIDTH: usize = 70;
    let mut rest = text;
    while rest.len() > WIDTH {
        let end = rest.char_indices().take_while(|(at, _)| *at < WIDTH).filter(|(_, c)| *c == ' ').last();
        let Some((cut, _)) = end else { break };
        out.push(2, format!("Warning: {}\n", &rest[..=cut]).as_bytes());
        rest = &rest[cut + 1..];
    }
    out.push(2, format!("Warning: {rest}\n").as_bytes());
}

impl Options {
    /// Takes the words of a command line, or of a file, in.
    fn words(&mut self, sys: &mut Sys<'_>, out: &mut Output, words: Vec<String>) -> Result<(), u8> {
        let mut words = words.into_iter();
        let mut only_urls = false;
        while let Some(word) = words.next() {
            if only_urls || !word.starts_with('-') || word == "-" {
                self.urls.push(word);
            } else if word == "--" {
                only_urls = true;
            } else if let Some(name) = word.strip_prefix("--") {
                let (plain, on) =
                    match name.strip_prefix("no-").filter(|n| *n != "buffer" && *n != "progress-meter") {
                        Some(plain) => (plain, false),
                        None => (name, true),
                    };
                let mut hits = TABLE.iter().filter(|(_, n, _)| n.starts_with(plain));
                let exact = TABLE.iter().find(|(_, n, _)| *n == plain);
                let Some((flag, _, takes)) = exact.or_else(|| hits.next().filter(|_| hits.next().is_none()))
                else {
                    return Err(refuse(out, &word, "is unknown"));
                };
                let value = match takes {
                    true => Some(words.next().ok_or_else(|| refuse(out, &word, "requires parameter"))?),
                    false => None,
                };
                if on {
                    self.set(sys, out, *flag, value.unwrap_or_default(), &word)?;
                }
            } else {
                let letters = &word[1..];
                for (at, c) in letters.char_indices() {
                    let Some((flag, takes)) = letter(c) else {
                        return Err(refuse(out, &format!("-{c}"), "is unknown"));
                    };
                    if !takes {
                        self.set(sys, out, flag, String::new(), &word)?;
                        continue;
                    }
                    let rest = &letters[at + c.len_utf8()..];
                    let value = if rest.is_empty() {
                        words.next().ok_or_else(|| refuse(out, &format!("-{c}"), "requires parameter"))?
                    } else {
                        rest.to_string()
                    };
                    self.set(sys, out, flag, value, &format!("-{c}"))?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Refuses what asks for two methods at once.
    fn one_method(&self, out: &mut Output) -> Result<(), u8> {
        let asked = [
            (self.upload.is_some(), "PUT (-T, --upload-file)"),
            (self.data.is_some() && !self.get, "POST (-d, --data)"),
            (!self.parts.is_empty(), "multipart formpost (-F, --form)"),
            (self.head && !self.get, "HEAD (-I, --head)"),
        ];
        let mut asked = asked.iter().filter(|(on, _)| *on).map(|(_, what)| what);
        let (Some(first), Some(second)) = (asked.next(), asked.next()) else { return Ok(()) };
        warn(
            out,
            &format!("You can only select one HTTP request method! You asked for both {first} and {second}."),
        );
        Err(2)
    }

    fn set(
        &mut self,
        sys: &mut Sys<'_>,
        out: &mut Output,
        flag: char,
        value: String,
        word: &str,
    ) -> Result<(), u8> {
        match flag {
            'X' => self.method = Some(value),
            'H' => match value.strip_prefix('@') {
                None => self.headers.push(value),
                Some(file) => match form::contents(sys, file) {
                    Some(text) => {
                        let text = String::from_utf8_lossy(&text).into_owned();
                        let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
                        self.headers.extend(lines.map(str::to_string));
                    }
                    None => warn(out, &format!("Failed to open {file}!")),
                },
            },
            'K' => {
                self.depth += 1;
                match form::contents(sys, &value) {
                    Some(text) if self.depth < 10 => {
                        let words = form::config(&String::from_utf8_lossy(&text));
                        self.words(sys, out, words)?;
                    }
                    _ => {
                        refuse(out, word, "error encountered when reading a file");
                        return Err(26);
                    }
                }
                self.depth -= 1;
            }
            'F' | 'P' => match Part::read(&value, flag == 'P') {
                Some(mut part) => {
                    if !part.load(sys) {
                        let text = "curl: (26) Failed to open/read local data from file/application\n";
                        if !self.silent || self.show_error {
                            out.push(2, text.as_bytes());
                        }
                        return Err(26);
                    }
                    self.parts.push(part);
                }
                None => {
                    warn(out, "Illegally formatted input field!");
                    return Err(refuse(out, word, "is badly used here"));
                }
            },
            'T' => match form::contents(sys, &value) {
                Some(content) => self.upload = Some((value, content)),
                None => {
                    out.push(2, format!("curl: Can't open '{value}'!\n{HINT}").as_bytes());
                    return Err(26);
                }
            },
            'Q' => self.query.extend(form::url_encoded(sys, &value)),
            'c' => self.cookie_jar = Some(value),
            'A' => self.agent = Some(value),
            'e' => self.headers.push(format!("Referer: {value}")),
            'b' if value.contains('=') => self.cookies.push(value),
            'b' => self.cookie_files.push(value),
            'd' | 'r' | 'B' | 'J' | '1' => self.add_data(sys, out, flag, value)?,
            'G' => self.get = true,
            'I' => self.head = true,
            'i' => self.include = true,
            's' => self.silent = true,
            'S' => self.show_error = true,
            'f' => self.fail = true,
            '2' => self.fail_with_body = true,
            'L' => self.follow = true,
            'k' => self.insecure = true,
            'v' => self.verbose = true,
            'p' => self.no_meter = true,
            '#' => self.bar = true,
            't' => self.create_dirs = true,
            'u' => self.user = Some(value),
            'w' => self.write_out = Some(value),
            'o' => self.outputs.push(Target::File(value)),
            'O' => self.outputs.push(Target::RemoteName),
            '4' => self.remote_name_all = true,
            'z' => self.resolve.push(value),
            'U' => self.urls.push(value),
            '8' => self.retry_refused = true,
            '9' => self.retry_all = true,
            'm' => self.max_time = Some(seconds(out, &value, word)?),
            '5' => self.connect_timeout = Some(seconds(out, &value, word)?),
            'D' => self.retry_delay = Some(seconds(out, &value, word)?).filter(|d| *d > 0),
            '3' => self.max_redirects = value.parse().ok(),
            '7' => {
                let Ok(n) = value.parse() else {
                    return Err(not_numeric(out, word));
                };
                self.retry = n;
            }
            '6' => {
                let Ok(text) = sys.vfs().read_text(&value) else {
                    let text = format!(
                        "curl: (77) error setting certificate verify locations:  CAfile: {value} CApath: none\n"
                    );
                    out.push(2, text.as_bytes());
                    return Err(77);
                };
                self.roots = text;
            }
            'V' => {
                let text = "curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0 OpenSSL/3.0.13\nRelease-Date: 2023-12-06\nProtocols: http https\nFeatures: HTTPS-proxy IPv6 SSL\n";
                out.push(1, text.as_bytes());
                return Err(0);
            }
            'h' => {
                out.push(1, super::SPEC.help.as_bytes());
                return Err(0);
            }
            'y' => self.dump = Some(value),
            'x' => {
                out.push(2, b"curl: proxies are not simulated\n");
                return Err(4);
            }
            _ => {}
        }
        Ok(())
    }

    fn add_data(&mut self, sys: &mut Sys<'_>, out: &mut Output, flag: char, value: String) -> Result<(), u8> {
        let file = value.strip_prefix('@').filter(|_| flag != 'r' && flag != '1');
        let bytes = match file {
            Some(file) => form::contents(sys, file).map(|mut bytes| {
                if flag == 'd' {
                    bytes.retain(|b| !matches!(b, b'\n' | b'\r' | 0));
                }
                bytes
            }),
            None if flag == '1' => form::url_encoded(sys, &value).map(String::into_bytes),
            None => Some(value.clone().into_bytes()),
        };
        let Some(bytes) = bytes else {
            if !self.silent {
                let file = value.rsplit('@').next().unwrap_or("");
                warn(out, &format!("Couldn't read data from file \"{file}\", this makes an empty POST."));
            }
            self.data.get_or_insert_default();
            return Ok(());
        };
        match &mut self.data {
            Some(data) => {
                if flag != 'J' {
                    data.push(b'&');
                }
                data.extend(bytes);
            }
            None => self.data = Some(bytes),
        }
        if flag == 'J' {
            self.headers.push("Content-Type: application/json".to_string());
            self.headers.push("Accept: application/json".to_string());
        }
        Ok(())
    }
}

fn not_numeric(out: &mut Output, word: &str) -> u8 {
    out.push(2, format!("curl: option {word}: expected a proper numerical parameter\n{HINT}").as_bytes());
    2
}

fn seconds(out: &mut Output, value: &str, word: &str) -> Result<i64, u8> {
    match opts::duration(value).filter(|_| value.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        Some(span) => Ok(span),
        None => Err(not_numeric(out, word)),
    }
}
