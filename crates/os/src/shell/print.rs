//! Showing commands in bash's own layout: `declare -f`, `type`, `export -f`, `jobs` and `$BASH_COMMAND`.
//!
//! The layout is that of bash 5.2, its oddities with here-documents included: what comes after one loses its `;`.

use std::rc::Rc;

use crate::{
    kernel::ShellKind,
    shell::parse::{
        Parser,
        tree::{Node, Shown, Tree},
    },
};

/// How far a level is indented.
const STEP: usize = 4;

/// The tree of a piece of source; None when it is none.
fn tree(source: &str, extglob: bool) -> Option<Tree> {
    let aliases = Rc::default();
    let mut parser = Parser::new(source, ShellKind::Bash, &aliases);
    parser.extglob = extglob;
    parser.lenient = true;
    parser.tree().ok().flatten()
}

fn tree_of(source: &str) -> Option<Tree> {
    tree(source, false).or_else(|| tree(source, true))
}

/// A command as `jobs` shows it; as it is written when it cannot be read.
pub(super) fn command(source: &str) -> String {
    let Some(tree) = tree_of(source) else { return source.to_string() };
    let mut printer = Printer::default();
    printer.tree(&tree);
    printer.heredocs("");
    printer.out
}

/// What is in a command substitution, as words that hold it are shown.
pub(super) fn substitution(tree: &Tree) -> String {
    let mut printer = Printer { substitution: true, ..Printer::default() };
    printer.tree(tree);
    printer.heredocs("");
    printer.out
}

/// A function as `declare -f` shows it. `source` is its body.
pub(super) fn function(name: &str, source: &str) -> String {
    let mut printer = Printer { indent: 0, step: STEP, ..Printer::default() };
    if super::builtins::is_reserved(name) {
        printer.out.push_str("function ");
    }
    printer.out.push_str(&format!("{name} () \n"));
    match tree_of(source) {
        Some(tree) => {
            printer.out.push_str("{ \n");
            printer.body(tree);
        }
        None => printer.out.push_str(source),
    }
    printer.out
}

/// A function's body as the environment carries it.
pub(super) fn exported(source: &str) -> String {
    let mut printer = Printer { indent: 1, step: 0, ..Printer::default() };
    printer.out.push_str("() ");
    match tree_of(source) {
        Some(tree) => {
            printer.out.push_str("{ ");
            printer.body(tree);
        }
        None => printer.out.push_str(source),
    }
    printer.out
}

struct Printer {
    out: String,
    indent: usize,
    step: usize,
    /// The next command begins where the line is.
    skip: u32,
    functions: u32,
    substitution: bool,
    /// Texts of here-documents whose line has not ended yet.
    pending: Vec<String>,
    was_heredoc: bool,
}

impl Default for Printer {
    fn default() -> Printer {
        Printer {
            out: String::new(),
            indent: 0,
            step: STEP,
            skip: 0,
            functions: 0,
            substitution: false,
            pending: Vec::new(),
            was_heredoc: false,
        }
    }
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn newline(&mut self, text: &str) {
        self.out.push('\n');
        self.margin();
        self.push(text);
    }

    fn margin(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.indent));
    }

    fn semicolon(&mut self) {
        if !self.out.ends_with(['&', '\n']) {
            self.out.push(';');
        }
    }

    /// The texts of here-documents whose line ends here, after what ends it.
    fn heredocs(&mut self, after: &str) {
        let shown = !after.is_empty() && after != ";";
        if shown {
            self.push(after);
        }
        if self.pending.is_empty() {
            return;
        }
        self.out.push('\n');
        for text in std::mem::take(&mut self.pending) {
            self.push(&text);
            self.out.push('\n');
        }
        if shown {
            self.out.push(' ');
        }
        self.was_heredoc = true;
    }

    /// What is in the braces of a function, and the closing one.
    fn body(&mut self, tree: Tree) {
        self.functions += 1;
        self.indent += self.step;
        let redirs = match tree {
            Tree { node: Node::Group(body), redirs, invert: false, time: None } => {
                self.tree(&body);
                redirs
            }
            tree => {
                self.tree(&tree);
                Vec::new()
            }
        };
        self.heredocs("");
        self.indent = self.indent.saturating_sub(if self.step == 0 { 1 } else { self.step });
        self.functions -= 1;
        if redirs.is_empty() {
            self.newline("}");
        } else {
            self.newline("} ");
            self.redirections(&redirs);
            self.heredocs("");
        }
    }

    fn inner(&mut self, tree: &Tree) {
        self.indent += self.step;
        self.tree(tree);
        self.heredocs("");
        self.indent -= self.step;
    }

    fn tree(&mut self, tree: &Tree) {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.margin();
        }
        match tree.time {
            Some(true) => self.push("time -p "),
            Some(false) => self.push("time "),
            None => {}
        }
        if tree.invert {
            self.push("! ");
        }
        self.node(&tree.node);
        if !tree.redirs.is_empty() {
            if !matches!(&tree.node, Node::Simple(words) if words.is_empty()) {
                self.push(" ");
            }
            self.redirections(&tree.redirs);
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Simple(words) => self.push(&words.join(" ")),
            Node::Connection(op, left, right) => self.connection(op, left, right.as_deref()),
            Node::Subshell(body) => {
                self.push("( ");
                self.skip += 1;
                self.tree(body);
                self.heredocs("");
                self.push(" )");
            }
            Node::Group(body) => self.group(body),
            Node::If(test, body, otherwise) => {
                self.push("if ");
                self.skip += 1;
                self.tree(test);
                self.semicolon();
                self.push(" then\n");
                self.inner(body);
                if let Some(otherwise) = otherwise {
                    self.semicolon();
                    self.newline("else\n");
                    self.inner(otherwise);
                }
                self.semicolon();
                self.newline("fi");
            }
            Node::While(word, test, body) => {
                self.push(&format!("{word} "));
                self.skip += 1;
                self.tree(test);
                self.heredocs("");
                self.semicolon();
                self.push(" do\n");
                self.inner(body);
                self.semicolon();
                self.newline("done");
            }
            Node::For(word, name, words, body) => {
                self.push(&format!("{word} {name} in {};", words.join(" ")));
                self.do_group(body);
            }
            Node::ArithFor(parts, body) => {
                self.push(&format!("for (({}))", parts.join("; ")));
                self.do_group(body);
            }
            Node::Case(subject, arms) => {
                self.push(&format!("case {subject} in "));
                self.indent += self.step;
                for arm in arms {
                    self.newline(&arm.patterns.join(" | "));
                    self.push(")\n");
                    if let Some(body) = &arm.body {
                        self.inner(body);
                    }
                    self.newline(arm.end);
                }
                self.indent -= self.step;
                self.newline("esac");
            }
            Node::Arith(text) => self.push(&format!("(({text}))")),
            Node::Cond(text) => self.push(&format!("[[ {text} ]]")),
            Node::Function(name, body) => self.definition(name, body),
            Node::Coproc(name, body) => {
                self.push(&format!("coproc {name} "));
                self.skip += 1;
                self.tree(body);
            }
        }
    }

    fn do_group(&mut self, body: &Tree) {
        self.newline("do\n");
        self.inner(body);
        self.semicolon();
        self.newline("done");
    }

    fn group(&mut self, body: &Tree) {
        self.push("{ ");
        if self.functions == 0 {
            self.skip += 1;
            self.tree(body);
            self.heredocs("");
            self.semicolon();
            self.push(" ");
        } else {
            self.push("\n");
            self.inner(body);
            self.push("\n");
            self.margin();
        }
        self.push("}");
    }

    fn connection(&mut self, op: &str, left: &Tree, right: Option<&Tree>) {
        self.skip += 1;
        self.tree(left);
        match op {
            "&" | "|" => {
                self.heredocs(&format!(" {op}"));
                if op == "|" || right.is_some() {
                    self.push(" ");
                    self.skip += 1;
                }
            }
            "&&" | "||" => {
                self.heredocs(&format!(" {op} "));
                self.skip += u32::from(right.is_some());
            }
            _ => {
                if !self.pending.is_empty() {
                    self.heredocs(if self.functions > 0 { "" } else { ";" });
                } else if self.was_heredoc {
                    self.was_heredoc = false;
                } else {
                    self.push(if self.substitution { op } else { ";" });
                }
                if self.functions > 0 {
                    self.push("\n");
                } else {
                    if op == ";" {
                        self.push(" ");
                    }
                    self.skip += u32::from(right.is_some());
                }
            }
        }
        if let Some(right) = right {
            self.tree(right);
        }
        self.heredocs("");
    }

    /// A function defined by what is shown.
    fn definition(&mut self, name: &str, body: &Tree) {
        self.push(&format!("function {name} () \n"));
        self.margin();
        self.push("{ \n");
        self.functions += 1;
        self.indent += self.step;
        let mut redirs: &[Shown] = &[];
        match &body.node {
            Node::Group(inner) => {
                self.tree(inner);
                redirs = &body.redirs;
            }
            _ => self.tree(body),
        }
        self.heredocs("");
        self.indent -= self.step;
        self.functions -= 1;
        if redirs.is_empty() {
            self.newline("}");
        } else {
            self.newline("} ");
            self.redirections(redirs);
        }
    }

    fn redirections(&mut self, redirs: &[Shown]) {
        self.was_heredoc = false;
        for (i, redir) in redirs.iter().enumerate() {
            if i > 0 {
                self.push(" ");
            }
            match redir {
                Shown::Plain(text) => self.push(text),
                Shown::Here(header, text) => {
                    self.push(header);
                    self.pending.push(text.clone());
                }
            }
        }
    }
}
