//! find.

use std::rc::Rc;

use super::{
    paths::{base, join},
    process::{arguments, start_child, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    fs::Stat,
    kernel::{ChildEvent, Sys, WaitFor},
    program::{Pid, Poll, Program, ProgramSpec, Wait},
    text::glob,
    time::SECOND,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "find",
    "Usage: find [-HL] [PATH]... [OPTIONS] [ACTIONS]\n\nSearch for files and perform actions on them.\n",
    || Box::new(Find::default()),
);

/// A part of the expression.
#[derive(Debug)]
enum Expr {
    And(Vec<Rc<Expr>>),
    Or(Vec<Rc<Expr>>),
    Not(Rc<Expr>),
    True,
    Name(String, bool),
    Path(String),
    Type(String),
    Empty,
    /// Compares (less, equal, more) a number.
    Size(char, u64, u64),
    Time(char, i64, char, i64),
    Newer(crate::time::Time),
    Perm(char, u32),
    User(u32),
    Print(&'static str),
    Printf(String),
    Delete,
    Prune,
    Quit,
    /// The command, and whether all names go to one command (`+`).
    Exec(Vec<String>, bool),
}

/// find
#[derive(Clone, Debug, Default)]
pub struct Find {
    begun: bool,
    expr: Option<Rc<Expr>>,
    /// What is still to be visited, the next one last; with depth.
    todo: Vec<(String, usize, bool)>,
    most: usize,
    least: usize,
    depth_first: bool,
    follow: bool,
    child: Option<Pid>,
    /// Names for `-exec … +`.
    batch: Vec<String>,
    batch_command: Option<Vec<String>>,
    /// Commands that wait for their turn.
    commands: Vec<Vec<String>>,
    code: u8,
    quit: bool,
    out: Output,
}

struct Parser<'a, 'b> {
    args: &'a [String],
    at: usize,
    acts: bool,
    sys: &'a mut Sys<'b>,
    most: usize,
    least: usize,
    depth: bool,
}

impl Parser<'_, '_> {
    fn or(&mut self) -> Result<Expr, String> {
        let mut all = vec![Rc::new(self.and()?)];
        while self.args.get(self.at).is_some_and(|a| a == "-o" || a == "-or") {
            self.at += 1;
            all.push(Rc::new(self.and()?));
        }
        Ok(Expr::Or(all))
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut all = Vec::new();
        while let Some(arg) = self.args.get(self.at) {
            match arg.as_str() {
                "-o" | "-or" | ")" => break,
                "-a" | "-and" => self.at += 1,
                _ => all.push(Rc::new(self.primary()?)),
            }
        }
        Ok(Expr::And(all))
    }

    fn value(&mut self, name: &str) -> Result<String, String> {
        self.at += 1;
        self.args.get(self.at - 1).cloned().ok_or(format!("missing argument to `{name}'"))
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let arg = self.args[self.at].clone();
        self.at += 1;
        let number = |text: &str| {
            let (sign, rest) = match text.chars().next() {
                Some(c @ ('+' | '-')) => (c, &text[1..]),
                _ => ('=', text),
            };
            (sign, rest.to_string())
        };
        Ok(match arg.as_str() {
            "(" => {
                let inner = self.or()?;
                if self.args.get(self.at).is_none_or(|a| a != ")") {
                    return Err(
                        "invalid expression; I was expecting to find a ')' somewhere but did not see one."
                            .to_string(),
                    );
                }
                self.at += 1;
                inner
            }
            "!" | "-not" => Expr::Not(Rc::new(self.primary()?)),
            "-true" => Expr::True,
            "-name" => Expr::Name(self.value(&arg)?, false),
            "-iname" => Expr::Name(self.value(&arg)?, true),
            "-path" | "-wholename" => Expr::Path(self.value(&arg)?),
            "-type" => Expr::Type(self.value(&arg)?),
            "-empty" => Expr::Empty,
            "-maxdepth" => {
                self.most = self.value(&arg)?.parse().unwrap_or(0);
                Expr::True
            }
            "-mindepth" => {
                self.least = self.value(&arg)?.parse().unwrap_or(0);
                Expr::True
            }
            "-depth" | "-d" => {
                self.depth = true;
                Expr::True
            }
            "-xdev" | "-mount" | "-follow" => Expr::True,
            "-size" => {
                let (sign, rest) = number(&self.value(&arg)?);
                let at = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let unit = match &rest[at..] {
                    "c" => 1,
                    "k" => 1 << 10,
                    "M" => 1 << 20,
                    "G" => 1 << 30,
                    _ => 512,
                };
                Expr::Size(sign, rest[..at].parse().unwrap_or(0), unit)
            }
            "-mtime" | "-atime" | "-ctime" | "-mmin" | "-amin" | "-cmin" => {
                let (sign, rest) = number(&self.value(&arg)?);
                let unit = if arg.ends_with("min") { 60 } else { 86_400 };
                Expr::Time(sign, rest.parse().unwrap_or(0), arg.chars().nth(1).unwrap_or('m'), unit)
            }
            "-newer" => {
                let file = self.value(&arg)?;
                match self.sys.stat(&file) {
                    Ok(s) => Expr::Newer(s.mtime),
                    Err(e) => return Err(format!("'{file}': {e}")),
                }
            }
            "-perm" => {
                let text = self.value(&arg)?;
                let (sign, rest) = match text.chars().next() {
                    Some(c @ ('-' | '/')) => (c, &text[1..]),
                    _ => ('=', text.as_str()),
                };
                Expr::Perm(sign, super::chmod::parse_mode(rest, 0, false, 0).unwrap_or(0))
            }
            "-user" => {
                let name = self.value(&arg)?;
                Expr::User(
                    name.parse()
                        .ok()
                        .or_else(|| super::users::by_name(self.sys, &name).map(|u| u.uid))
                        .unwrap_or(u32::MAX),
                )
            }
            "-print" => {
                self.acts = true;
                Expr::Print("\n")
            }
            "-print0" => {
                self.acts = true;
                Expr::Print("\0")
            }
            "-printf" => {
                self.acts = true;
                Expr::Printf(self.value(&arg)?)
            }
            "-delete" => {
                self.acts = true;
                self.depth = true;
                Expr::Delete
            }
            "-prune" => Expr::Prune,
            "-quit" => {
                self.acts = true;
                Expr::Quit
            }
            "-exec" | "-execdir" | "-ok" => {
                self.acts = true;
                let mut words = Vec::new();
                loop {
                    let word = self.value(&arg)?;
                    if word == ";" {
                        break Expr::Exec(words, false);
                    }
                    if word == "+" && words.last().is_some_and(|w| w == "{}") {
                        words.pop();
                        break Expr::Exec(words, true);
                    }
                    words.push(word);
                }
            }
            other => {
                return Err(if self.sys.is_busybox() {
                    format!("unrecognized: {other}")
                } else {
                    format!("unknown predicate `{other}'")
                });
            }
        })
    }
}

impl Find {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let (_, args) = arguments(sys);
        let mut args = args.as_slice();
        while let Some(a) = args.first().filter(|a| matches!(a.as_str(), "-L" | "-P" | "-H")) {
            self.follow = a == "-L";
            args = &args[1..];
        }
        let count =
            args.iter().take_while(|a| !a.starts_with('-') && !matches!(a.as_str(), "(" | "!")).count();
        let (paths, rest) = args.split_at(count);
        let mut parser =
            Parser { args: rest, at: 0, acts: false, sys, most: usize::MAX, least: 0, depth: false };
        let parsed = parser.or();
        let (acts, at, n) = (parser.acts, parser.at, rest.len());
        (self.most, self.least, self.depth_first) = (parser.most, parser.least, parser.depth);
        match parsed {
            Ok(_) if at < n => {
                with_cx(sys, &mut self.out, |cx| cx.complain("you have too many ')'"));
                self.code = 1;
                self.quit = true;
            }
            Ok(expr) => {
                self.expr = Some(Rc::new(if acts {
                    expr
                } else {
                    Expr::And(vec![Rc::new(expr), Rc::new(Expr::Print("\n"))])
                }));
                let mut paths = paths.to_vec();
                if paths.is_empty() {
                    paths.push(".".to_string());
                }
                self.todo = paths.into_iter().rev().map(|p| (p, 0, false)).collect();
            }
            Err(message) => {
                with_cx(sys, &mut self.out, |cx| cx.complain(message));
                self.code = 1;
                self.quit = true;
            }
        }
    }

    /// Whether the expression holds; with `prune` set when what is below is left out.
    fn eval(
        &mut self,
        sys: &mut Sys<'_>,
        expr: &Expr,
        path: &str,
        stat: &Stat,
        depth: usize,
        prune: &mut bool,
    ) -> bool {
        let compare = |sign: char, a: i64, b: i64| match sign {
            '+' => a > b,
            '-' => a < b,
            _ => a == b,
        };
        match expr {
            Expr::And(all) => all.iter().all(|e| self.eval(sys, e, path, stat, depth, prune)),
            Expr::Or(all) => all.iter().any(|e| self.eval(sys, e, path, stat, depth, prune)),
            Expr::Not(e) => !self.eval(sys, e, path, stat, depth, prune),
            Expr::True => true,
            Expr::Name(p, fold) => {
                let name = base(path);
                if *fold { glob::matches_fold(p, name) } else { glob::matches(p, name) }
            }
            Expr::Path(p) => glob::matches(p, path),
            Expr::Type(t) => {
                t.split(',').any(|t| t.starts_with(if stat.letter == '-' { 'f' } else { stat.letter }))
            }
            Expr::Empty if stat.is_dir() => sys.vfs().read_dir(path).is_ok_and(|n| n.is_empty()),
            Expr::Empty => stat.size == 0,
            Expr::Size(sign, n, unit) => compare(*sign, stat.size.div_ceil(*unit) as i64, *n as i64),
            Expr::Time(sign, n, which, unit) => {
                let at = match which {
                    'a' => stat.atime,
                    'c' => stat.ctime,
                    _ => stat.mtime,
                };
                compare(*sign, sys.now().since(at) / SECOND / unit, *n)
            }
            Expr::Newer(t) => stat.mtime > *t,
            Expr::Perm('-', bits) => stat.mode & bits == *bits,
            Expr::Perm('/', bits) => *bits == 0 || stat.mode & bits != 0,
            Expr::Perm(_, bits) => stat.mode == *bits,
            Expr::User(uid) => stat.uid == *uid,
            Expr::Print(end) => {
                self.out.push(1, format!("{path}{end}").as_bytes());
                true
            }
            Expr::Printf(format) => {
                let text = format
                    .replace("%p", path)
                    .replace("%f", base(path))
                    .replace("%s", &stat.size.to_string())
                    .replace("%m", &format!("{:o}", stat.mode))
                    .replace("%y", &(if stat.letter == '-' { 'f' } else { stat.letter }).to_string())
                    .replace("%d", &depth.to_string());
                self.out.push(1, &crate::text::unescape(&text, false).0);
                true
            }
            Expr::Delete => {
                if path == "." {
                    return true;
                }
                let result = if stat.is_dir() { sys.vfs().rmdir(path) } else { sys.unlink(path) };
                if let Err(e) = result {
                    with_cx(sys, &mut self.out, |cx| cx.complain(format!("cannot delete '{path}': {e}")));
                    self.code = 1;
                }
                result.is_ok()
            }
            Expr::Prune => {
                *prune = true;
                true
            }
            Expr::Quit => {
                self.quit = true;
                true
            }
            Expr::Exec(words, true) => {
                self.batch.push(path.to_string());
                self.batch_command = Some(words.clone());
                true
            }
            Expr::Exec(words, false) => {
                self.commands.push(words.iter().map(|w| w.replace("{}", path)).collect());
                true
            }
        }
    }

    fn visit(&mut self, sys: &mut Sys<'_>, path: String, depth: usize, after: bool) {
        sys.spend(3);
        let found =
            if self.follow || depth == 0 && path.ends_with('/') { sys.stat(&path) } else { sys.lstat(&path) };
        let stat = match found {
            Ok(stat) => stat,
            Err(e) => {
                with_cx(sys, &mut self.out, |cx| {
                    let message =
                        if cx.busybox() { format!("{path}: {e}") } else { format!("'{path}': {e}") };
                    cx.complain(message);
                });
                self.code = 1;
                return;
            }
        };
        let children = stat.is_dir() && depth < self.most && !after;
        if self.depth_first && children {
            self.todo.push((path.clone(), depth, true));
            self.descend(sys, &path, depth);
            return;
        }
        let mut prune = false;
        if depth >= self.least
            && let Some(expr) = self.expr.clone()
        {
            self.eval(sys, &expr, &path, &stat, depth, &mut prune);
        }
        if children && !prune && !self.quit {
            self.descend(sys, &path, depth);
        }
    }

    fn descend(&mut self, sys: &mut Sys<'_>, path: &str, depth: usize) {
        match sys.vfs().read_dir(path) {
            Ok(names) => {
                self.todo.extend(names.into_iter().rev().map(|n| (join(path, &n), depth + 1, false)))
            }
            Err(e) => {
                with_cx(sys, &mut self.out, |cx| cx.complain(format!("'{path}': {e}")));
                self.code = 1;
            }
        }
    }
}

impl Program for Find {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if (self.out.len() > 32_768 || !self.commands.is_empty() || self.todo.is_empty() || self.quit)
                && let Some(wait) = self.out.drain(sys)
            {
                return Poll::Wait(wait);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            if let Some(pid) = self.child {
                match sys.wait(WaitFor::Pid(pid), false) {
                    Ok((_, ChildEvent::Exited(_))) => self.child = None,
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::child()),
                    _ => self.child = None,
                }
                continue;
            }
            if !self.commands.is_empty() {
                let argv = self.commands.remove(0);
                match start_child(sys, &argv, None) {
                    Ok(pid) => self.child = Some(pid),
                    Err((text, _)) => {
                        with_cx(sys, &mut self.out, |cx| cx.complain(text));
                        self.code = 1;
                    }
                }
                continue;
            }
            match self.todo.pop() {
                Some((path, depth, after)) if !self.quit => self.visit(sys, path, depth, after),
                _ => match self.batch_command.take() {
                    Some(mut argv) => {
                        argv.append(&mut self.batch);
                        self.commands.push(argv);
                        self.todo.clear();
                    }
                    None => {
                        return match self.out.drain(sys) {
                            Some(wait) => Poll::Wait(wait),
                            None => Poll::Exit(self.code),
                        };
                    }
                },
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
