//! From a pattern's text to its tree.

use super::Style;

/// A part of a pattern.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    Char(char),
    Any,
    /// Ranges of characters, and whether all others are meant.
    Set(Vec<(char, char)>, bool),
    At(Place),
    Group(Box<Node>, Option<usize>),
    Cat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        lazy: bool,
    },
    Back(usize),
    /// Look-around: behind instead of ahead, and whether it must not match.
    Look {
        node: Box<Node>,
        behind: bool,
        not: bool,
    },
    /// Perl's `\K`: the match begins here.
    Keep,
}

/// A condition on a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordStart,
    WordEnd,
    WordEdge,
    NoWordEdge,
}

const UNMATCHED_BRACKET: &str = "Unmatched [, [^, [:, [., or [=";
const MAX_DEPTH: u32 = 100;
const MAX_REPEAT: u32 = 32_767;

struct Parser {
    chars: Vec<char>,
    at: usize,
    extended: bool,
    style: Style,
    groups: usize,
    /// Groups that are complete, which back-references may name.
    closed: Vec<usize>,
    depth: u32,
}

/// Reads a pattern.
pub fn parse(source: &str, extended: bool, style: Style) -> Result<Node, String> {
    let mut parser = Parser {
        chars: source.chars().collect(),
        at: 0,
        extended,
        style,
        groups: 0,
        closed: Vec::new(),
        depth: 0,
    };
    let node = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err(r"Unmatched ) or \)".to_string());
    }
    Ok(node)
}

/// Text that stands for itself.
pub fn literal(source: &str) -> Node {
    Node::Cat(source.chars().map(Node::Char).collect())
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn ahead(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c))
    }

    fn accept(&mut self, text: &str) -> bool {
        let hit = self.ahead(text);
        if hit {
            self.at += text.chars().count();
        }
        hit
    }

    /// An operator, which basic expressions write with a backslash.
    fn operator(&mut self, op: &str) -> bool {
        if self.extended { self.accept(op) } else { self.accept(&format!("\\{op}")) }
    }

    fn closes(&self) -> bool {
        if self.extended { self.ahead(")") } else { self.ahead("\\)") }
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Regular expression too big".to_string());
        }
        let mut all = vec![self.sequence()?];
        while self.operator("|") {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut all: Vec<Node> = Vec::new();
        loop {
            let bar = if self.extended { self.ahead("|") } else { self.ahead("\\|") };
            // A lone `)` is a letter in most extended expressions.
            let letter = self.extended && self.depth == 1 && self.style != Style::Perl;
            if self.peek().is_none() || bar || (self.closes() && !letter) {
                return Ok(if all.len() == 1 { all.remove(0) } else { Node::Cat(all) });
            }
            let atom = self.atom(all.is_empty())?;
            all.push(self.repeats(atom)?);
        }
    }

    /// The repeats behind an atom.
    fn repeats(&mut self, mut atom: Node) -> Result<Node, String> {
        loop {
            let (min, max) = if self.accept("*") {
                (0, None)
            } else if self.operator("+") {
                (1, None)
            } else if self.operator("?") {
                (0, Some(1))
            } else if let Some(bounds) = self.interval()? {
                bounds
            } else {
                return Ok(atom);
            };
            if !self.extended && matches!(atom, Node::At(Place::LineStart)) {
                // \(^*\): the star is a letter there.
                return Ok(Node::Cat(vec![atom, Node::Char('*')]));
            }
            let lazy = self.style == Style::Perl && self.accept("?");
            if self.style == Style::Perl {
                self.accept("+");
            }
            atom = Node::Repeat { node: Box::new(atom), min, max, lazy };
        }
    }

    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`.
    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        let saved = self.at;
        if !self.operator("{") {
            return Ok(None);
        }
        let bad = || r"Invalid content of \{\}".to_string();
        let min = self.number();
        let max = if self.accept(",") { self.number() } else { min };
        let open_end = self.chars.get(self.at.wrapping_sub(1)) == Some(&',');
        if !self.operator("}") {
            if self.extended {
                // Not a repeat: the brace stands for itself.
                self.at = saved;
                return Ok(None);
            }
            return Err(if self.peek().is_none() { r"Unmatched \{".to_string() } else { bad() });
        }
        if min.is_none() && max.is_none() && !open_end {
            if self.extended {
                self.at = saved;
                return Ok(None);
            }
            return Err(bad());
        }
        let low = min.unwrap_or(0);
        if max.is_some_and(|max| max < low) {
            return Err(bad());
        }
        if low > MAX_REPEAT || max.is_some_and(|m| m > MAX_REPEAT) {
            return Err("Regular expression too big".to_string());
        }
        Ok(Some((low, if open_end { None } else { max })))
    }

    fn number(&mut self) -> Option<u32> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let text: String = self.chars[from..self.at].iter().collect();
        if text.is_empty() { None } else { Some(text.parse().unwrap_or(u32::MAX)) }
    }

    /// One atom; `first`: nothing stands before it in its sequence.
    fn atom(&mut self, first: bool) -> Result<Node, String> {
        if self.operator("(") {
            return self.group();
        }
        let Some(c) = self.peek() else { return Err("Premature end of regular expression".to_string()) };
        self.at += 1;
        Ok(match c {
            '.' => Node::Any,
            '[' => self.bracket()?,
            '\\' => self.escaped()?,
            '^' if self.extended || first => Node::At(Place::LineStart),
            '$' if self.extended || self.peek().is_none() || self.ahead("\\)") || self.ahead("\\|") => {
                Node::At(Place::LineEnd)
            }
            '*' if first && !self.extended => Node::Char('*'),
            '*' | '+' | '?' if first && self.extended => {
                return Err("Invalid preceding regular expression".to_string());
            }
            c => Node::Char(c),
        })
    }

    fn group(&mut self) -> Result<Node, String> {
        let mut look = None;
        let mut counted = true;
        if self.style == Style::Perl && self.accept("?") {
            counted = false;
            if self.accept("<=") {
                look = Some((true, false));
            } else if self.accept("<!") {
                look = Some((true, true));
            } else if self.accept("=") {
                look = Some((false, false));
            } else if self.accept("!") {
                look = Some((false, true));
            } else if self.accept("<") || self.accept("P<") {
                while self.peek().is_some_and(|c| c != '>') {
                    self.at += 1;
                }
                self.at += 1;
                counted = true;
            } else if !self.accept(":") && !self.accept(">") {
                return Err("unrecognized character after (? or (?-".to_string());
            }
        }
        let number = counted.then(|| {
            self.groups += 1;
            self.groups
        });
        let node = Box::new(self.alternatives()?);
        if !self.operator(")") {
            return Err(if self.style == Style::Perl {
                "missing closing parenthesis".to_string()
            } else {
                r"Unmatched ( or \(".to_string()
            });
        }
        self.closed.extend(number);
        Ok(match look {
            Some((behind, not)) => Node::Look { node, behind, not },
            None => Node::Group(node, number),
        })
    }

    /// What follows a backslash that is no operator.
    fn escaped(&mut self) -> Result<Node, String> {
        let Some(c) = self.peek() else { return Err("Trailing backslash".to_string()) };
        self.at += 1;
        let word = || vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
        let space = || vec![('\t', '\r'), (' ', ' ')];
        let perl = self.style == Style::Perl;
        Ok(match c {
            '1'..='9' if self.style != Style::Awk => {
                let n = c as usize - '0' as usize;
                if !self.closed.contains(&n) {
                    return Err("Invalid back reference".to_string());
                }
                Node::Back(n)
            }
            'w' => Node::Set(word(), false),
            'W' => Node::Set(word(), true),
            's' => Node::Set(space(), false),
            'S' => Node::Set(space(), true),
            'd' if perl => Node::Set(vec![('0', '9')], false),
            'D' if perl => Node::Set(vec![('0', '9')], true),
            'K' if perl => Node::Keep,
            'A' if perl => Node::At(Place::TextStart),
            'z' | 'Z' if perl => Node::At(Place::TextEnd),
            'b' if self.style != Style::Awk => Node::At(Place::WordEdge),
            'y' if self.style == Style::Awk => Node::At(Place::WordEdge),
            'B' => Node::At(Place::NoWordEdge),
            '<' => Node::At(Place::WordStart),
            '>' => Node::At(Place::WordEnd),
            '`' => Node::At(Place::TextStart),
            '\'' => Node::At(Place::TextEnd),
            c if self.style != Style::Posix && simple_escape(c).is_some() => {
                Node::Char(simple_escape(c).unwrap_or(c))
            }
            '{' if !self.extended => return Err("Invalid preceding regular expression".to_string()),
            c => Node::Char(c),
        })
    }

    /// A bracket expression behind its `[`.
    fn bracket(&mut self) -> Result<Node, String> {
        let not = self.accept("^");
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            let Some(c) = self.peek() else { return Err(UNMATCHED_BRACKET.to_string()) };
            self.at += 1;
            if c == ']' && !first {
                return Ok(Node::Set(ranges, not));
            }
            first = false;
            let low = match c {
                '[' if self.ahead(":") => {
                    self.at += 1;
                    let name = self.named(':')?;
                    class(&name, &mut ranges).ok_or("Invalid character class name")?;
                    continue;
                }
                '[' if self.ahead(".") || self.ahead("=") => self.collating()?,
                '\\' if self.style != Style::Posix => match self.in_brackets(&mut ranges) {
                    Some(c) => c,
                    None => continue,
                },
                c => c,
            };
            let range = self.ahead("-") && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !range {
                ranges.push((low, low));
                continue;
            }
            self.at += 1;
            let Some(high) = self.peek() else { return Err(UNMATCHED_BRACKET.to_string()) };
            self.at += 1;
            let high = match high {
                '[' if self.ahead(".") || self.ahead("=") => self.collating()?,
                '\\' if self.style != Style::Posix => self.in_brackets(&mut ranges).unwrap_or('\\'),
                c => c,
            };
            if high < low {
                return Err("Invalid range end".to_string());
            }
            ranges.push((low, high));
        }
    }

    /// A backslash within brackets, where the style gives it a meaning: a character, or a class that was added.
    fn in_brackets(&mut self, ranges: &mut Vec<(char, char)>) -> Option<char> {
        let Some(next) = self.peek() else { return Some('\\') };
        if let Some(c) = simple_escape(next) {
            self.at += 1;
            return Some(c);
        }
        match self.style {
            Style::Sed => Some('\\'),
            Style::Perl if matches!(next, 'd' | 'w' | 's') => {
                self.at += 1;
                let name = match next {
                    'd' => "digit",
                    's' => "space",
                    _ => "alnum",
                };
                if next == 'w' {
                    ranges.push(('_', '_'));
                }
                // The names are known.
                class(name, ranges)?;
                None
            }
            _ => {
                self.at += 1;
                Some(next)
            }
        }
    }

    /// `.x.` or `=x=` behind `[`.
    fn collating(&mut self) -> Result<char, String> {
        let mark = self.peek().unwrap_or('.');
        self.at += 1;
        let name = self.named(mark)?;
        let mut chars = name.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err("Invalid collation character".to_string()),
        }
    }

    /// A name up to `mark]`.
    fn named(&mut self, mark: char) -> Result<String, String> {
        let rest = &self.chars[self.at..];
        let Some(end) = rest.windows(2).position(|w| w == [mark, ']']) else {
            return Err(UNMATCHED_BRACKET.to_string());
        };
        let name = rest[..end].iter().collect();
        self.at += end + 2;
        Ok(name)
    }
}

fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\x0c',
        'v' => '\x0b',
        'a' => '\x07',
        _ => return None,
    })
}

/// Adds the ranges of a character class.
fn class(name: &str, ranges: &mut Vec<(char, char)>) -> Option<()> {
    let found: &[(char, char)] = match name {
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => &[(' ', '~')],
        "graph" => &[('!', '~')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    ranges.extend_from_slice(found);
    Some(())
}
