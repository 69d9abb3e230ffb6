//! sed: the stream editor.
//!
//! Scripts that look ahead (`$`, `n`, `N`) run when the input has ended; all others edit line by line as input comes.

use std::{collections::VecDeque, rc::Rc};

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{errno::Errno, program::ProgramSpec, text::regex::Regex};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sed",
    "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...\n",
    || filter(Sed::default()),
);

#[derive(Clone, Debug)]
enum Addr {
    Line(u64),
    Step(u64, u64),
    Last,
    Regex(Option<Regex>),
    /// `,+N`
    Plus(u64),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Addr>,
    to: Option<Addr>,
    negate: bool,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Where the block ends.
    Open(usize),
    Close,
    Subst {
        regex: Option<Regex>,
        with: String,
        all: bool,
        nth: usize,
        print: bool,
        file: Option<String>,
    },
    Map(Vec<(char, char)>),
    Text(char, String),
    Jump(char, String),
    Label(String),
    Read(String),
    Write(String),
    Quit(char, u8),
    /// One of `p P d D n N g G h H x = l`.
    Plain(char),
}

#[derive(Clone, Debug, Default)]
pub struct Sed {
    script: Rc<Vec<Command>>,
    /// Ranges that are open, by command, and where a `,+N` ends.
    open: Vec<Option<u64>>,
    quiet: bool,
    in_place: Option<String>,
    separate: bool,
    ahead: bool,
    queue: VecDeque<Vec<u8>>,
    hold: String,
    line: u64,
    last_regex: Option<Regex>,
    written: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    quit: Option<u8>,
    missing_newline: bool,
    failed: bool,
    extended: bool,
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    extended: bool,
    commands: Vec<Command>,
    blocks: Vec<usize>,
    _text: std::marker::PhantomData<&'a ()>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self, set: &str) {
        while self.peek().is_some_and(|c| set.contains(c)) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Option<u64> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect::<String>().parse().ok()
    }

    /// Text up to an unescaped delimiter; `\delimiter` becomes the delimiter.
    fn until(&mut self, delimiter: char) -> Option<String> {
        let mut text = String::new();
        let mut in_class = false;
        loop {
            let c = self.peek()?;
            self.at += 1;
            match c {
                '\\' => {
                    let next = self.peek()?;
                    self.at += 1;
                    if next == delimiter {
                        text.push(next);
                    } else {
                        text.push('\\');
                        text.push(next);
                    }
                }
                '[' => {
                    in_class = true;
                    text.push(c);
                }
                ']' => {
                    in_class = false;
                    text.push(c);
                }
                c if c == delimiter && !(in_class && delimiter != '/') => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn regex(&mut self, source: &str, fold: bool) -> Read<Option<Regex>> {
        if source.is_empty() {
            return Ok(None);
        }
        if self.extended { Regex::extended(source, fold) } else { Regex::basic(source, fold) }.map(Some)
    }

    fn address(&mut self) -> Read<Option<Addr>> {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let n = self.number().unwrap_or(0);
                if self.peek() == Some('~') {
                    self.at += 1;
                    let step = self.number().unwrap_or(0);
                    return Ok(Some(Addr::Step(n, step)));
                }
                Ok(Some(Addr::Line(n)))
            }
            Some('$') => {
                self.at += 1;
                Ok(Some(Addr::Last))
            }
            Some('+') => {
                self.at += 1;
                Ok(Some(Addr::Plus(self.number().unwrap_or(0))))
            }
            Some(c @ ('/' | '\\')) => {
                self.at += 1;
                let delimiter = if c == '\\' {
                    self.at += 1;
                    self.chars.get(self.at - 1).copied().unwrap_or('/')
                } else {
                    '/'
                };
                let source = self.until(delimiter).ok_or("unterminated address regex")?;
                let fold = self.peek() == Some('I');
                if fold {
                    self.at += 1;
                }
                Ok(Some(Addr::Regex(self.regex(&source, fold)?)))
            }
            _ => Ok(None),
        }
    }

    fn script(&mut self) -> Read<()> {
        loop {
            self.skip(" \t\n;");
            let Some(_) = self.peek() else { break };
            if self.peek() == Some('#') {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                continue;
            }
            let from = self.address()?;
            let mut to = None;
            self.skip(" \t");
            if from.is_some() && self.peek() == Some(',') {
                self.at += 1;
                self.skip(" \t");
                to = self.address()?;
                if to.is_none() {
                    return Err("unexpected `,'".to_string());
                }
            }
            self.skip(" \t");
            let mut negate = false;
            while self.peek() == Some('!') {
                negate = true;
                self.at += 1;
                self.skip(" \t");
            }
            let Some(c) = self.peek() else { return Err("missing command".to_string()) };
            self.at += 1;
            let what = self.command(c)?;
            self.commands.push(Command { from, to, negate, what });
        }
        if !self.blocks.is_empty() {
            return Err("unmatched `{'".to_string());
        }
        Ok(())
    }

    fn rest_of_line(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == '\n' {
                break;
            }
            self.at += 1;
            text.push(c);
        }
        text
    }

    fn command(&mut self, c: char) -> Read<What> {
        Ok(match c {
            '{' => {
                self.blocks.push(self.commands.len());
                What::Open(0)
            }
            '}' => {
                let Some(open) = self.blocks.pop() else { return Err("unexpected `}'".to_string()) };
                let here = self.commands.len();
                self.commands[open].what = What::Open(here);
                What::Close
            }
            's' => self.substitution()?,
            'y' => {
                let delimiter = self.peek().ok_or("unterminated `y' command")?;
                self.at += 1;
                let a = self.until(delimiter).ok_or("unterminated `y' command")?;
                let b = self.until(delimiter).ok_or("unterminated `y' command")?;
                let plain = |t: &str| -> Vec<char> {
                    String::from_utf8_lossy(&crate::text::unescape(t, false).0).chars().collect()
                };
                let (a, b) = (plain(&a), plain(&b));
                if a.len() != b.len() {
                    return Err("strings for `y' command are different lengths".to_string());
                }
                What::Map(a.into_iter().zip(b).collect())
            }
            'a' | 'i' | 'c' => {
                self.skip(" \t");
                if self.peek() == Some('\\') {
                    self.at += 1;
                    self.skip(" \t");
                    if self.peek() == Some('\n') {
                        self.at += 1;
                    }
                }
                let mut text = self.rest_of_line();
                while text.ends_with('\\') && self.peek() == Some('\n') {
                    text.pop();
                    self.at += 1;
                    text.push('\n');
                    text.push_str(&self.rest_of_line());
                }
                if text.is_empty() {
                    return Err("expected \\ after `a', `c' or `i'".to_string());
                }
                What::Text(c, String::from_utf8_lossy(&crate::text::unescape(&text, false).0).into_owned())
            }
            'b' | 't' | 'T' | ':' => {
                self.skip(" \t");
                let mut label = String::new();
                while let Some(c) = self.peek().filter(|c| !matches!(c, '\n' | ';' | '}')) {
                    self.at += 1;
                    label.push(c);
                }
                let label = label.trim().to_string();
                if c == ':' { What::Label(label) } else { What::Jump(c, label) }
            }
            'r' => What::Read(self.rest_of_line().trim().to_string()),
            'w' => What::Write(self.rest_of_line().trim().to_string()),
            'q' | 'Q' => {
                self.skip(" \t");
                What::Quit(c, self.number().unwrap_or(0) as u8)
            }
            'p' | 'P' | 'd' | 'D' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | '=' | 'l' => {
                self.skip(" \t");
                if !matches!(self.peek(), None | Some('\n' | ';' | '}' | '#')) {
                    return Err("extra characters after command".to_string());
                }
                What::Plain(c)
            }
            other => return Err(format!("unknown command: `{other}'")),
        })
    }

    fn substitution(&mut self) -> Read<What> {
        const OPEN: &str = "unterminated `s' command";
        let delimiter = self.peek().ok_or(OPEN)?;
        self.at += 1;
        let source = self.until(delimiter).ok_or(OPEN)?;
        let with = self.until(delimiter).ok_or(OPEN)?;
        let (mut all, mut nth, mut print, mut fold, mut file) = (false, 1, false, false, None);
        while let Some(c) = self.peek() {
            match c {
                'g' => all = true,
                'p' => print = true,
                'i' | 'I' => fold = true,
                'm' | 'M' | 'e' => {}
                'w' => {
                    self.at += 1;
                    file = Some(self.rest_of_line().trim().to_string());
                    break;
                }
                c if c.is_ascii_digit() => {
                    nth = self.number().unwrap_or(1) as usize;
                    continue;
                }
                ' ' | '\t' => {}
                '\n' | ';' | '}' | '#' => break,
                _ => return Err("unknown option to `s'".to_string()),
            }
            self.at += 1;
        }
        let regex = self.regex(&source, fold)?;
        Ok(What::Subst { regex, with, all, nth: nth.max(1), print, file })
    }
}

/// The replacement with `&`, `\1`, `\n`, `\U…\E` filled in.
fn replacement(with: &str, text: &str, groups: &[Option<(usize, usize)>]) -> String {
    let mut out = String::new();
    let mut case = ' ';
    let mut chars = with.chars();
    let push = |out: &mut String, t: &str, case: &mut char| {
        for c in t.chars() {
            match *case {
                'U' => out.extend(c.to_uppercase()),
                'L' => out.extend(c.to_lowercase()),
                'u' => {
                    out.extend(c.to_uppercase());
                    *case = ' ';
                }
                'l' => {
                    out.extend(c.to_lowercase());
                    *case = ' ';
                }
                _ => out.push(c),
            }
        }
    };
    let group = |n: usize| groups.get(n).copied().flatten().map_or("", |(a, b)| &text[a..b]);
    while let Some(c) = chars.next() {
        match c {
            '&' => push(&mut out, group(0), &mut case),
            '\\' => match chars.next() {
                Some(d) if d.is_ascii_digit() => push(&mut out, group(d as usize - '0' as usize), &mut case),
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(m @ ('U' | 'L' | 'u' | 'l')) => case = m,
                Some('E') => case = ' ',
                Some(d) => push(&mut out, &d.to_string(), &mut case),
                None => out.push('\\'),
            },
            c => push(&mut out, &c.to_string(), &mut case),
        }
    }
    out
}

impl Sed {
    fn matches(&mut self, addr: &Addr, text: &str) -> bool {
        match addr {
            Addr::Line(n) => self.line == *n,
            Addr::Step(first, 0) => self.line == *first,
            Addr::Step(first, step) => self.line >= *first && (self.line - first).is_multiple_of(*step),
            Addr::Last => self.queue.is_empty(),
            Addr::Regex(r) => {
                if r.is_some() {
                    self.last_regex = r.clone();
                }
                self.last_regex.as_ref().is_some_and(|r| r.is_match(text))
            }
            Addr::Plus(_) => false,
        }
    }

    fn selects(&mut self, i: usize, command: &Command, text: &str) -> bool {
        let Some(from) = &command.from else { return !command.negate };
        let hit = match &command.to {
            None => self.matches(from, text),
            Some(to) => match self.open[i] {
                Some(end) => {
                    let ends = match to {
                        Addr::Line(n) => self.line >= *n,
                        Addr::Plus(_) => self.line >= end,
                        other => self.matches(other, text),
                    };
                    if ends {
                        self.open[i] = None;
                    }
                    // A range whose end line has passed holds for its first line only.
                    !matches!(to, Addr::Line(n) if self.line > *n)
                }
                None => {
                    let begins = self.matches(from, text);
                    if begins {
                        let end = match to {
                            Addr::Plus(n) => self.line + n,
                            _ => 0,
                        };
                        let over =
                            matches!(to, Addr::Line(n) if *n <= self.line) || matches!(to, Addr::Plus(0));
                        self.open[i] = if over { None } else { Some(end) };
                    }
                    begins
                }
            },
        };
        hit != command.negate
    }

    fn put(&mut self, cx: &mut Cx<'_, '_>, text: &str) {
        if self.in_place.is_some() {
            self.written.extend(text.bytes());
        } else {
            cx.print(text);
        }
    }

    fn append_to(&mut self, cx: &mut Cx<'_, '_>, file: &str, text: &str) {
        match file {
            "/dev/stdout" => self.put(cx, text),
            "/dev/stderr" => cx.eprint(text),
            _ => match self.files.iter_mut().find(|(n, _)| n == file) {
                Some((_, bytes)) => bytes.extend(text.bytes()),
                None => self.files.push((file.to_string(), text.as_bytes().to_vec())),
            },
        }
    }

    /// Runs the script on one line.
    fn cycle(&mut self, cx: &mut Cx<'_, '_>, raw: &[u8]) {
        self.line += 1;
        let newline = raw.ends_with(b"\n");
        self.missing_newline = !newline;
        let mut space = String::from_utf8_lossy(raw.strip_suffix(b"\n").unwrap_or(raw)).into_owned();
        let script = self.script.clone();
        let mut append = String::new();
        let mut substituted = false;
        let mut pc = 0;
        let mut steps = 0u32;
        let mut printed = !self.quiet;
        while let Some(command) = script.get(pc) {
            steps += 1;
            if steps > 1_000_000 {
                break;
            }
            cx.sys.spend(1);
            let here = pc;
            pc += 1;
            if !self.selects(here, command, &space) {
                if let What::Open(end) = command.what {
                    pc = end + 1;
                }
                continue;
            }
            match &command.what {
                What::Open(_) | What::Close | What::Label(_) => {}
                What::Subst { regex, with, all, nth, print, file } => {
                    if regex.is_some() {
                        self.last_regex = regex.clone();
                    }
                    let Some(regex) = self.last_regex.clone() else { continue };
                    if let Some(new) = substitute(&regex, &space, with, *all, *nth) {
                        space = new;
                        substituted = true;
                        if *print {
                            let text = format!("{space}\n");
                            self.put(cx, &text);
                        }
                        if let Some(file) = file {
                            let text = format!("{space}\n");
                            self.append_to(cx, file, &text);
                        }
                    }
                }
                What::Map(map) => {
                    space = space
                        .chars()
                        .map(|c| map.iter().find(|(a, _)| *a == c).map_or(c, |(_, b)| *b))
                        .collect()
                }
                What::Text('a', text) => append.push_str(&format!("{text}\n")),
                What::Text('i', text) => {
                    let text = format!("{text}\n");
                    self.put(cx, &text);
                }
                What::Text(_, text) => {
                    let more = command.to.is_some() && self.open[here].is_some() && !command.negate;
                    if !more {
                        let text = format!("{text}\n");
                        self.put(cx, &text);
                    }
                    printed = false;
                    break;
                }
                What::Jump(kind, label) => {
                    let jump = match kind {
                        'b' => true,
                        't' => std::mem::take(&mut substituted),
                        _ => !std::mem::take(&mut substituted),
                    };
                    if jump {
                        pc = if label.is_empty() {
                            script.len()
                        } else {
                            script
                                .iter()
                                .position(|c| matches!(&c.what, What::Label(l) if l == label))
                                .unwrap_or(script.len())
                        };
                    }
                }
                What::Read(file) => {
                    let text = cx.sys.vfs().read_text(file).unwrap_or_default();
                    append.push_str(&text);
                }
                What::Write(file) => {
                    let text = format!("{space}\n");
                    self.append_to(cx, file, &text);
                }
                What::Quit(kind, code) => {
                    self.quit = Some(*code);
                    printed &= *kind == 'q';
                    break;
                }
                What::Plain(c) => match c {
                    'p' => {
                        let text = format!("{space}\n");
                        self.put(cx, &text);
                    }
                    'P' => {
                        let text = format!("{}\n", space.split('\n').next().unwrap_or(""));
                        self.put(cx, &text);
                    }
                    'd' => {
                        printed = false;
                        break;
                    }
                    'D' => match space.split_once('\n') {
                        None => {
                            printed = false;
                            break;
                        }
                        Some((_, rest)) => {
                            space = rest.to_string();
                            pc = 0;
                        }
                    },
                    'n' | 'N' => {
                        if *c == 'n' && !self.quiet && !self.queue.is_empty() {
                            let text = format!("{space}\n");
                            self.put(cx, &text);
                        }
                        match self.queue.pop_front() {
                            Some(next) => {
                                self.line += 1;
                                self.missing_newline = !next.ends_with(b"\n");
                                let next = String::from_utf8_lossy(next.strip_suffix(b"\n").unwrap_or(&next))
                                    .into_owned();
                                if *c == 'n' {
                                    space = next;
                                } else {
                                    space.push('\n');
                                    space.push_str(&next);
                                }
                            }
                            None => break,
                        }
                    }
                    'g' => space = self.hold.clone(),
                    'G' => {
                        space.push('\n');
                        space.push_str(&self.hold);
                    }
                    'h' => self.hold = space.clone(),
                    'H' => {
                        self.hold.push('\n');
                        self.hold.push_str(&space);
                    }
                    'x' => std::mem::swap(&mut space, &mut self.hold),
                    '=' => {
                        let text = format!("{}\n", self.line);
                        self.put(cx, &text);
                    }
                    _ => {
                        let text = format!(
                            "{}$\n",
                            space.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
                        );
                        self.put(cx, &text);
                    }
                },
            }
        }
        if printed {
            let end = if self.missing_newline && append.is_empty() { "" } else { "\n" };
            let text = format!("{space}{end}");
            self.put(cx, &text);
        }
        if !append.is_empty() {
            self.put(cx, &append);
        }
    }

    fn run_queue(&mut self, cx: &mut Cx<'_, '_>) {
        while let Some(line) = self.queue.pop_front() {
            self.cycle(cx, &line);
            if self.quit.is_some() {
                // In place, the rest of the file is kept.
                if self.in_place.is_some() {
                    let rest: Vec<u8> = self.queue.drain(..).flatten().collect();
                    self.written.extend(rest);
                }
                self.queue.clear();
            }
        }
    }
}

/// The text with the nth (or, with `all`, every further) match replaced; None when there is none.
fn substitute(regex: &Regex, text: &str, with: &str, all: bool, nth: usize) -> Option<String> {
    let mut out = String::new();
    let (mut at, mut from, mut count, mut hit) = (0, 0, 0, false);
    while let Some(groups) = regex.groups_at(text, from) {
        let Some((a, b)) = groups[0] else { break };
        // An empty match right behind another match does not count.
        let counts = !(a == b && a == at && count > 0 && at > 0 && from == at && hit);
        if counts {
            count += 1;
            if count >= nth {
                out.push_str(&text[at..a]);
                out.push_str(&replacement(with, text, &groups));
                at = b;
                hit = true;
                if !all {
                    break;
                }
            }
        }
        from = if b > a { b } else { b + text[b..].chars().next().map_or(1, char::len_utf8) };
        if from > text.len() {
            break;
        }
    }
    if !hit {
        return None;
    }
    out.push_str(&text[at..]);
    Some(out)
}

impl Filter for Sed {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // -i may have its suffix attached only.
        for arg in &mut cx.args {
            if let Some(suffix) = arg.strip_prefix("-i").or(arg.strip_prefix("--in-place="))
                && (suffix.chars().all(|c| !matches!(c, 'e' | 'n' | 'E' | 'r')) || suffix.starts_with('.'))
            {
                self.in_place = Some(suffix.to_string());
                *arg = "-i".to_string();
            }
        }
        let opts = opts::parse(
            cx,
            "ne:f:Eriszu",
            &[
                ("quiet", 'n'),
                ("silent", 'n'),
                ("expression", 'e'),
                ("file", 'f'),
                ("regexp-extended", 'E'),
                ("in-place", 'i'),
                ("separate", 's'),
            ],
        )?;
        let mut rest = opts.rest.clone();
        let mut source = opts.values('e').join("\n");
        for file in opts.values('f') {
            match cx.sys.vfs().read_text(&file) {
                Ok(text) => source = if source.is_empty() { text } else { format!("{source}\n{text}") },
                Err(e) => {
                    cx.complain(format!("couldn't open file {file}: {e}"));
                    return Err(1);
                }
            }
        }
        if opts.values('e').is_empty() && opts.values('f').is_empty() {
            if rest.is_empty() {
                if cx.busybox() {
                    return Err(cx.missing_operand());
                }
                cx.eprint("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
                return Err(1);
            }
            source = rest.remove(0);
        }
        self.quiet = opts.has('n') || source.starts_with("#n\n");
        if opts.has('i') && self.in_place.is_none() {
            self.in_place = Some(String::new());
        }
        self.separate = opts.has('s') || self.in_place.is_some();
        self.extended = opts.has('E') || opts.has('r');
        let mut reader = Reader {
            chars: source.chars().collect(),
            at: 0,
            extended: self.extended,
            commands: Vec::new(),
            blocks: Vec::new(),
            _text: std::marker::PhantomData,
        };
        if let Err(message) = reader.script() {
            let text = if cx.busybox() {
                message
            } else {
                format!("-e expression #1, char {}: {message}", reader.at)
            };
            cx.complain(text);
            return Err(1);
        }
        let looks_ahead = |c: &Command| {
            matches!(c.what, What::Plain('n' | 'N' | 'D'))
                || matches!(c.from, Some(Addr::Last))
                || matches!(c.to, Some(Addr::Last))
        };
        self.ahead = reader.commands.iter().any(looks_ahead) || self.in_place.is_some();
        self.open = vec![None; reader.commands.len()];
        self.script = Rc::new(reader.commands);
        Ok(rest)
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, _: &str) {
        if self.separate {
            self.line = 0;
        }
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if self.ahead {
            self.queue.push_back(bytes.to_vec());
            return Flow::More;
        }
        self.cycle(cx, bytes);
        if self.quit.is_some() { Flow::Stop } else { Flow::More }
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        if !self.separate {
            return;
        }
        self.run_queue(cx);
        if let Some(suffix) = self.in_place.clone().filter(|_| input != "-") {
            let bytes = std::mem::take(&mut self.written);
            if !suffix.is_empty()
                && let Ok(old) = cx.sys.vfs().read(input)
            {
                let _kept = cx.sys.vfs().write(&format!("{input}{suffix}"), old, 0o644);
            }
            if let Err(e) = cx.sys.vfs().write(input, bytes, 0o644) {
                cx.complain(format!("couldn't open file {input}: {e}"));
                self.failed = true;
            }
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message = match (cx.busybox(), error) {
            (true, e) => format!("{input}: {e}"),
            (false, Errno::EISDIR) => format!("couldn't edit {input}: not a regular file"),
            (false, e) => format!("can't read {input}: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        self.run_queue(cx);
        for (file, bytes) in std::mem::take(&mut self.files) {
            if let Err(e) = cx.sys.vfs().write(&file, bytes, 0o666) {
                cx.complain(format!("couldn't open file {file}: {e}"));
                return 4;
            }
        }
        match self.quit {
            Some(code) => code,
            None if failed || self.failed => {
                if cx.busybox() {
                    1
                } else {
                    2
                }
            }
            None => 0,
        }
    }
}
