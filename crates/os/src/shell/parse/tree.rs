//! Source as a tree, for showing it again: what `declare -f`, `type` and `jobs` print.
//!
//! Running code needs no tree, so this is only made when something is shown, from the text the code came from. The
//! shapes are those of bash's own parser, since its printer (see [`print`](crate::shell::print)) follows them closely.

mod words;

use super::*;

/// A command with what stands around it.
#[derive(Debug)]
pub struct Tree {
    pub node: Node,
    pub redirs: Vec<Shown>,
    /// An odd number of `!` before it.
    pub invert: bool,
    /// `time` before it; true with `-p`.
    pub time: Option<bool>,
}

/// What kind of command it is. Words are as they are shown.
#[derive(Debug)]
pub enum Node {
    Simple(Vec<String>),
    /// `;`, newline (in a command substitution), `&`, `|`, `&&`, `||`.
    Connection(&'static str, Box<Tree>, Option<Box<Tree>>),
    Subshell(Box<Tree>),
    Group(Box<Tree>),
    If(Box<Tree>, Box<Tree>, Option<Box<Tree>>),
    /// `while` or `until`.
    While(&'static str, Box<Tree>, Box<Tree>),
    /// `for` or `select`, the variable, the words.
    For(&'static str, String, Vec<String>, Box<Tree>),
    ArithFor(Vec<String>, Box<Tree>),
    Case(String, Vec<Arm>),
    Arith(String),
    Cond(String),
    Function(String, Box<Tree>),
    Coproc(String, Box<Tree>),
}

/// An arm of a `case`: its patterns, what it runs, and what ends it.
#[derive(Debug)]
pub struct Arm {
    pub patterns: Vec<String>,
    pub body: Option<Tree>,
    pub end: &'static str,
}

/// A redirection as it is shown.
#[derive(Debug)]
pub enum Shown {
    Plain(String),
    /// The operator with the delimiter, and the text with the delimiter at its end.
    Here(String, String),
}

impl Tree {
    /// A command with nothing around it.
    pub fn of(node: Node) -> Tree {
        Tree { node, redirs: Vec::new(), invert: false, time: None }
    }
}

/// Joins commands as bash's grammar does: `a; b & c` is `a` and then `b & c`.
fn connect(left: Tree, connector: &'static str, right: Option<Tree>) -> Tree {
    let right = right.map(Box::new);
    let plain = left.redirs.is_empty() && !left.invert && left.time.is_none();
    match left.node {
        Node::Connection(";", first, Some(second)) if connector == "&" && plain => {
            let second = connect(*second, connector, right.map(|r| *r));
            Tree::of(Node::Connection(";", first, Some(Box::new(second))))
        }
        node => {
            let left = Tree { node, ..left };
            Tree::of(Node::Connection(connector, Box::new(left), right))
        }
    }
}

impl Parser<'_> {
    /// All of the source as one tree; None when there is no command in it.
    pub fn tree(&mut self) -> ParseResult<Option<Tree>> {
        let tree = self.tree_list(false)?;
        if self.peek_char().is_some() {
            return self.unexpected(None);
        }
        Ok(tree)
    }

    /// A list up to what ends it. In a command substitution (`comsub`) newlines stay newlines.
    fn tree_list(&mut self, comsub: bool) -> ParseResult<Option<Tree>> {
        self.enter()?;
        let mut all: Option<Tree> = None;
        let mut connector = ";";
        loop {
            self.newlines();
            let Some(c) = self.peek_char() else { break };
            if c == ')' || self.looking_at(";;") || self.looking_at(";&") {
                break;
            }
            if self.reserved().is_some_and(|w| CLOSERS.contains(&w)) {
                break;
            }
            let item = self.tree_and_or(comsub)?;
            all = Some(match all.take() {
                None => item,
                Some(left) => connect(left, connector, Some(item)),
            });
            self.blanks();
            connector = match self.operator() {
                op @ ("&" | ";") => {
                    self.take(op);
                    op
                }
                _ if self.peek_char() == Some('\n') => {
                    if comsub {
                        "\n"
                    } else {
                        ";"
                    }
                }
                _ => {
                    connector = "";
                    break;
                }
            };
        }
        self.leave();
        Ok(match all {
            Some(left) if connector == "&" => Some(connect(left, "&", None)),
            all => all,
        })
    }

    fn tree_body(&mut self, comsub: bool) -> ParseResult<Box<Tree>> {
        match self.tree_list(comsub)? {
            Some(tree) => Ok(Box::new(tree)),
            None => self.unexpected(None),
        }
    }

    fn tree_and_or(&mut self, comsub: bool) -> ParseResult<Tree> {
        let mut left = self.tree_pipeline(comsub)?;
        loop {
            self.blanks();
            let op = self.operator();
            if op != "&&" && op != "||" {
                return Ok(left);
            }
            self.take(op);
            self.newlines();
            let right = self.tree_pipeline(comsub)?;
            left = Tree::of(Node::Connection(op, Box::new(left), Some(Box::new(right))));
        }
    }

    fn tree_pipeline(&mut self, comsub: bool) -> ParseResult<Tree> {
        let (mut invert, mut time) = (false, None);
        loop {
            match self.reserved() {
                Some("!") => {
                    self.take("!");
                    invert = !invert;
                }
                Some("time") => {
                    self.take("time");
                    self.blanks();
                    let posix = self.looking_at("-p ");
                    if posix {
                        self.take("-p");
                    }
                    time = Some(posix);
                }
                _ => break,
            }
        }
        self.blanks();
        let ended = self.peek_char().is_none_or(|c| matches!(c, '\n' | ';' | '&' | ')'));
        if ended && (invert || time.is_some()) {
            return Ok(Tree { invert, time, ..Tree::of(Node::Simple(Vec::new())) });
        }
        let mut stages = vec![self.tree_command(comsub)?];
        loop {
            self.blanks();
            let op = self.operator();
            if op != "|" && op != "|&" {
                break;
            }
            self.take(op);
            if let (true, Some(last)) = (op == "|&", stages.last_mut()) {
                last.redirs.push(Shown::Plain("2>&1".to_string()));
            }
            self.newlines();
            stages.push(self.tree_command(comsub)?);
        }
        let mut all = None;
        for stage in stages.into_iter().rev() {
            all = Some(match all {
                None => stage,
                Some(right) => Tree::of(Node::Connection("|", Box::new(stage), Some(Box::new(right)))),
            });
        }
        let Some(mut tree) = all else { return self.unexpected(None) };
        tree.invert ^= invert;
        tree.time = time.or(tree.time);
        Ok(tree)
    }

    fn tree_command(&mut self, comsub: bool) -> ParseResult<Tree> {
        self.enter()?;
        self.blanks();
        let node = match self.reserved() {
            Some(word @ ("if" | "while" | "until" | "for" | "select" | "case" | "{" | "[[" | "function")) => {
                self.take(word);
                match word {
                    "if" => self.tree_if(comsub)?,
                    "while" | "until" => {
                        let test = self.tree_body(comsub)?;
                        Node::While(word, test, self.tree_group("do", comsub)?)
                    }
                    "for" | "select" => self.tree_for(word, comsub)?,
                    "case" => self.tree_case(comsub)?,
                    "[[" => {
                        let text = self.tree_cond_or()?;
                        self.newlines();
                        self.expect_text("]]")?;
                        Node::Cond(text)
                    }
                    "{" => {
                        let body = self.tree_body(comsub)?;
                        self.expect("}")?;
                        Node::Group(body)
                    }
                    _ => {
                        self.blanks();
                        let name = self.raw_word();
                        self.blanks();
                        if self.looking_at("()") {
                            self.take("()");
                        }
                        self.newlines();
                        Node::Function(name, Box::new(self.tree_command(comsub)?))
                    }
                }
            }
            Some("coproc") => {
                self.take("coproc");
                let name = self.coproc_name();
                Node::Coproc(name, Box::new(self.tree_command(comsub)?))
            }
            Some(word) if word != "in" && word != "time" && word != "!" => return self.unexpected(None),
            _ if self.looking_at("((") => {
                let (pos, line) = (self.pos, self.line);
                self.take("((");
                match self.arith_text()? {
                    Some(_) => Node::Arith(self.src[pos + 2..self.pos - 2].iter().collect()),
                    None => {
                        (self.pos, self.line) = (pos, line);
                        self.tree_subshell(comsub)?
                    }
                }
            }
            _ if self.peek_char() == Some('(') => self.tree_subshell(comsub)?,
            _ => {
                let tree = self.tree_simple(comsub)?;
                self.leave();
                return Ok(tree);
            }
        };
        let mut tree = Tree::of(node);
        if !matches!(tree.node, Node::Function(..) | Node::Coproc(..)) {
            while let Some(redir) = self.tree_redirection()? {
                tree.redirs.push(redir);
            }
        }
        self.leave();
        Ok(tree)
    }

    fn expect_text(&mut self, text: &'static str) -> ParseResult<()> {
        if !self.looking_at(text) {
            return self.unexpected(Some(text));
        }
        self.take(text);
        Ok(())
    }

    fn tree_subshell(&mut self, comsub: bool) -> ParseResult<Node> {
        self.bump();
        let body = self.tree_body(comsub)?;
        self.expect_text(")")?;
        Ok(Node::Subshell(body))
    }

    fn tree_if(&mut self, comsub: bool) -> ParseResult<Node> {
        let test = self.tree_body(comsub)?;
        self.expect("then")?;
        let body = self.tree_body(comsub)?;
        let otherwise = match self.reserved() {
            Some("elif") => {
                self.take("elif");
                self.enter()?;
                let inner = self.tree_if(comsub)?;
                self.leave();
                Some(Box::new(Tree::of(inner)))
            }
            Some("else") => {
                self.take("else");
                let inner = self.tree_body(comsub)?;
                self.expect("fi")?;
                Some(inner)
            }
            _ => {
                self.expect("fi")?;
                None
            }
        };
        Ok(Node::If(test, body, otherwise))
    }

    /// `do … done`, or `{ … }`.
    fn tree_group(&mut self, open: &'static str, comsub: bool) -> ParseResult<Box<Tree>> {
        self.expect(open)?;
        let body = self.tree_body(comsub)?;
        self.expect(if open == "do" { "done" } else { "}" })?;
        Ok(body)
    }

    fn tree_loop_body(&mut self, comsub: bool) -> ParseResult<Box<Tree>> {
        self.blanks();
        if self.operator() == ";" {
            self.take(";");
        }
        self.newlines();
        let open = if self.reserved() == Some("{") { "{" } else { "do" };
        self.tree_group(open, comsub)
    }

    fn tree_for(&mut self, word: &'static str, comsub: bool) -> ParseResult<Node> {
        self.blanks();
        if word == "for" && self.looking_at("((") {
            self.take("((");
            let start = self.pos;
            if self.arith_text()?.is_none() {
                return self.unexpected(Some("))"));
            }
            let text: String = self.src[start..self.pos - 2].iter().collect();
            // An empty part is a 1.
            let part =
                |t: &str| if t.trim().is_empty() { "1".to_string() } else { t.trim_start().to_string() };
            let parts = text.split(';').map(part).collect();
            return Ok(Node::ArithFor(parts, self.tree_loop_body(comsub)?));
        }
        let name = self.raw_word();
        self.newlines();
        let mut words = vec!["\"$@\"".to_string()];
        if self.reserved() == Some("in") {
            self.take("in");
            words.clear();
            loop {
                self.blanks();
                if self.peek_char().is_none_or(is_meta) {
                    break;
                }
                words.push(self.tree_word(Until::Meta)?);
            }
        }
        Ok(Node::For(word, name, words, self.tree_loop_body(comsub)?))
    }

    fn tree_case(&mut self, comsub: bool) -> ParseResult<Node> {
        self.blanks();
        let subject = self.tree_word(Until::Meta)?;
        self.newlines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines();
            if self.reserved() == Some("esac") {
                self.take("esac");
                return Ok(Node::Case(subject, arms));
            }
            if self.peek_char() == Some('(') {
                self.bump();
            }
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let saved = std::mem::replace(&mut self.extglob, true);
                let pattern = self.tree_word(Until::Meta)?;
                self.extglob = saved;
                if pattern.is_empty() {
                    return self.unexpected(Some("esac"));
                }
                patterns.push(pattern);
                self.blanks();
                if self.peek_char() != Some('|') {
                    break;
                }
                self.bump();
            }
            self.expect_text(")")?;
            let body = self.tree_list(comsub)?;
            self.newlines();
            let end = match self.operator() {
                op @ (";;" | ";&" | ";;&") => {
                    self.take(op);
                    op
                }
                _ => ";;",
            };
            arms.push(Arm { patterns, body, end });
        }
    }

    fn tree_simple(&mut self, comsub: bool) -> ParseResult<Tree> {
        let mut words: Vec<String> = Vec::new();
        let mut redirs = Vec::new();
        let (mut assigning, mut declares) = (true, false);
        loop {
            self.blanks();
            if let Some(redir) = self.tree_redirection()? {
                redirs.push(redir);
                continue;
            }
            match self.peek_char() {
                None => break,
                Some('(') => {
                    let ([name], true) = (words.as_slice(), redirs.is_empty()) else { break };
                    let name = name.clone();
                    self.bump();
                    self.blanks();
                    self.expect_text(")")?;
                    self.newlines();
                    let body = self.tree_command(comsub)?;
                    return Ok(Tree::of(Node::Function(name, Box::new(body))));
                }
                Some('<' | '>') if self.peek_at(1) == Some('(') => {}
                Some(c) if is_meta(c) => break,
                _ => {}
            }
            let (pos, line) = (self.pos, self.line);
            if assigning || declares {
                let found = self.assignment_head()?;
                if found && self.peek_char() == Some('(') {
                    let head = self.shown(pos, self.pos);
                    words.push(format!("{head}({})", self.tree_array()?));
                    continue;
                }
                (self.pos, self.line) = (pos, line);
                assigning &= found;
            }
            let word = self.tree_word(Until::Meta)?;
            if !assigning && !declares {
                declares |= matches!(word.as_str(), "declare" | "local" | "typeset" | "readonly" | "export");
            }
            if self.pos == pos {
                return self.unexpected(None);
            }
            words.push(word);
        }
        if words.is_empty() && redirs.is_empty() {
            return self.unexpected(None);
        }
        Ok(Tree { redirs, ..Tree::of(Node::Simple(words)) })
    }

    /// Takes `name=`, `name+=` or `name[index]=`; whether it is there.
    fn assignment_head(&mut self) -> ParseResult<bool> {
        let start = self.pos;
        self.pos += self.src[start..].iter().take_while(|c| **c == '_' || c.is_ascii_alphanumeric()).count();
        if self.pos == start || self.src[start].is_ascii_digit() {
            return Ok(false);
        }
        if self.peek_char() == Some('[') {
            self.bump();
            self.word(Until::Bracket)?;
            if self.bump().is_none() {
                return Ok(false);
            }
        }
        if self.peek_char() == Some('+') {
            self.bump();
        }
        Ok(self.bump() == Some('='))
    }

    /// The elements of `name=(…)`, from the parenthesis on.
    fn tree_array(&mut self) -> ParseResult<String> {
        self.bump();
        let mut elements = Vec::new();
        loop {
            self.newlines();
            match self.peek_char() {
                None => return Err(ParseError::Incomplete(")")),
                Some(')') => {
                    self.bump();
                    return Ok(elements.join(" "));
                }
                Some(c) => {
                    let start = self.pos;
                    if c == '[' {
                        self.bump();
                        self.word(Until::Bracket)?;
                    }
                    self.word(Until::Meta)?;
                    if self.pos == start {
                        return self.unexpected(Some(")"));
                    }
                    elements.push(self.shown(start, self.pos));
                }
            }
        }
    }

    /// A word as it is shown.
    fn tree_word(&mut self, until: Until) -> ParseResult<String> {
        let start = self.pos;
        if until == Until::Meta && matches!(self.peek_char(), Some('<' | '>')) && self.peek_at(1) == Some('(')
        {
            self.take("<(");
            self.tree_list(true)?;
            self.expect_text(")")?;
        } else {
            self.word(until)?;
        }
        Ok(self.shown(start, self.pos))
    }
}
