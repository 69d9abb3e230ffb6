//! `yq`: jq for YAML, in the words of mikefarah's yq, version 4.
//!
//! Expressions are compiled from yq's own grammar to the terms of jq's machine, which runs them as long as there is
//! fuel. What a value cannot say (comments, quotes, brackets, anchors) stays in the nodes it was read from; a result
//! finds them again by identity and by place, so that what an expression does not touch is written as it was read.
//! Like the real one, it forgets blank lines between entries.

mod emit;
mod formats;
mod lex;
mod node;
mod options;
mod parse;
mod scalar;
mod words;

use std::rc::Rc;

use emit::Emitter;
use formats::Format;
use node::{Document, Known, Node};
use options::{Options, Read};
use parse::Asked;

use super::{
    jq::{
        ast::Code,
        value::Value,
        vm::{Out, Vm},
    },
    process::arguments,
    tool::{HIGH_WATER, Output},
    whole::Slurp,
};
use crate::{
    kernel::Sys,
    program::{Poll, Program, ProgramSpec},
};

/// `yq`.
pub const SPEC: ProgramSpec = ProgramSpec::inside("yq", HELP, || Box::new(Yq::default()));

const VERSION: &str = "yq (https://github.com/mikefarah/yq/) version v4.53.6\n";

const HELP: &str = "yq is a portable command-line data file processor (https://github.com/mikefarah/yq/) 
See https://mikefarah.gitbook.io/yq/ for detailed documentation and examples.

Usage:
  yq [flags]
  yq [command]

Examples:

# read the \"stuff\" node from \"myfile.yml\"
yq '.stuff' < myfile.yml

# update myfile.yml in place
yq -i '.stuff = \"foo\"' myfile.yml

# print contents of sample.json as idiomatic YAML
yq -P -oy sample.json


Available Commands:
  eval        (default) Apply the expression to each document in each yaml file in sequence
  eval-all    Loads _all_ yaml documents of _all_ yaml files and runs expression once
  help        Help about any command

Flags:
  -e, --exit-status               set exit status if there are no matches or null or false is returned
      --expression string         forcibly set the expression argument.
      --from-file string          Load expression from specified file.
  -h, --help                      help for yq
  -I, --indent int                sets indent level for output (default 2)
  -i, --inplace                   update the file in place of first file given.
  -p, --input-format string       [auto|yaml|json|props|csv|tsv] parse format for input. (default \"auto\")
  -N, --no-doc                    Don't print document separators (---)
  -0, --nul-output                Use NUL char to separate values.
  -n, --null-input                Don't read input, simply evaluate the expression given.
  -o, --output-format string      [auto|yaml|json|props|csv|tsv] output format type. (default \"auto\")
  -P, --prettyPrint               pretty print, shorthand for '... style = \"\"'
  -s, --split-exp string          print each result (or doc) into a file named (exp).
  -r, --unwrapScalar              unwrap scalar, print the value with no quotes. Defaults to true for yaml
  -V, --version                   Print version information and quit
  -c, --yaml-compact-seq-indent   Use compact sequence indentation

Comments are kept (and dropped by '... comments=\"\"'); operators that set them are not simulated, nor are xml and toml.
";

/// A document and where it is from.
#[derive(Clone)]
struct Item {
    document: Document,
    file: String,
    file_index: usize,
    index: usize,
}

#[derive(Clone, Default)]
struct Yq {
    options: Option<Box<Options>>,
    files: Vec<String>,
    slurp: Option<Slurp>,
    code: Option<Rc<Code>>,
    split: Option<Rc<Code>>,
    asked: Asked,
    known: Known,
    items: Vec<Item>,
    /// The next document, and the machine that runs on the one before it.
    next: usize,
    vm: Option<Vm>,
    /// The document of the last result, and how many results there were.
    last: Option<usize>,
    results: usize,
    matched: bool,
    /// A complaint that comes after what could be done: a file that cannot be read.
    late: Option<String>,
    /// What goes into the file, with `-i`.
    text: String,
    output: Output,
    exit: Option<u8>,
}

/// Microseconds of a core to steps of the machine.
const STEPS: i64 = 10;

/// A value as YAML, for `to_yaml`.
pub fn to_yaml(value: &Value) -> String {
    let known = Known::default();
    Emitter { known: &known, indent: 2, compact: false, plain: false, bare: false, exploded: false }
        .document(value, None)
}

/// A value as JSON over several lines, for `to_json`.
pub fn to_json(value: &Value) -> String {
    formats::show(Format::Json, value, 2, false).unwrap_or_default()
}

/// A value as lines of cells, for `@csv` and `@tsv`. Err is the complaint.
pub fn to_table(value: &Value, format: &str) -> Result<String, String> {
    let format = if format == "csv" { Format::Csv } else { Format::Tsv };
    formats::show(format, value, 2, false).map(|text| text.trim_end_matches('\n').to_string())
}

/// YAML as a value, for `from_yaml`.
pub fn from_yaml(text: &str) -> Result<Value, String> {
    Ok(node::read(text)?.first().map_or(Value::Null, |document| document.root.get()))
}

impl Program for Yq {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        loop {
            if self.output.len() >= HIGH_WATER || self.exit.is_some() {
                if let Some(wait) = self.output.drain(sys) {
                    return Poll::Wait(wait);
                }
                if self.output.is_broken() && self.exit.is_none() {
                    return Poll::Exit(1);
                }
            }
            if let Some(code) = self.exit {
                return Poll::Exit(self.output.exit_code(code));
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            match self.step(sys) {
                Ok(None) => {}
                Ok(Some(poll)) => return poll,
                Err(message) => self.fail(&message),
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Yq {
    fn fail(&mut self, message: &str) {
        self.output.push(2, format!("Error: {message}\n").as_bytes());
        self.exit = Some(1);
    }

    fn step(&mut self, sys: &mut Sys<'_>) -> Result<Option<Poll>, String> {
        if self.options.is_none() {
            self.begin(sys)?;
            return Ok(None);
        }
        if let Some(slurp) = &mut self.slurp {
            if let Some(poll) = slurp.poll(sys) {
                return Ok(Some(poll));
            }
            let inputs = slurp.take();
            self.slurp = None;
            self.load(sys, inputs)?;
            return Ok(None);
        }
        if self.vm.is_some() {
            return self.run(sys).map(|()| None);
        }
        let all = self.options.as_ref().is_some_and(|o| o.all);
        let turns = if all { 1 } else { self.items.len() };
        if self.next < turns {
            self.start(all);
            self.next += 1;
            return Ok(None);
        }
        self.end(sys)?;
        Ok(None)
    }

    /// Reads the command line, and compiles the expression.
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), String> {
        let (_, args) = arguments(sys);
        let mut options = match options::read(&args) {
            Read::Options(options) => options,
            Read::Help => return self.say(HELP),
            Read::Version => return self.say(VERSION),
            Read::Wrong(message) => {
                self.options = None;
                return Err(message);
            }
        };
        let is_file =
            |sys: &mut Sys<'_>, name: &str| name == "-" || sys.stat(name).is_ok_and(|s| !s.is_dir());
        let mut rest = std::mem::take(&mut options.rest);
        let mut expression = options.expression.clone();
        if let Some(file) = &options.expression_file {
            let bytes = sys.vfs().read(file).map_err(|e| cannot_open(file, e))?;
            expression = Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
        } else if expression.is_none() && rest.first().is_some_and(|first| !is_file(sys, first)) {
            expression = Some(rest.remove(0));
        }
        if rest.is_empty()
            && !options.null_input
            && !sys.is_tty(0)
            && (!options.in_place || expression.is_none())
        {
            rest.push("-".to_string());
        }
        if options.in_place && rest.first().is_none_or(|f| f == "-") {
            return Err(
                "write in place flag only applicable when giving an expression and at least one file".into(),
            );
        }
        if options.in_place && options.split.is_some() {
            return Err("write in place cannot be used with split file".into());
        }
        if options.null_input && !rest.is_empty() {
            return Err("cannot pass files in when using null-input flag".into());
        }
        if rest.is_empty() && !options.null_input {
            return self.say(HELP);
        }
        let format = Format::of_file(rest.first().map_or("", |f| f.as_str()));
        let input = options.input.unwrap_or(format);
        // What is read in a format that was named is shown as YAML.
        let output = options.output.unwrap_or(if options.input.is_some() { Format::Yaml } else { input });
        (options.input, options.output) = (Some(input), Some(output));
        let env = sys.env();
        let (code, asked) = parse::compile(expression.as_deref().unwrap_or("."), &env, options.all)?;
        asked.nodes.iter().for_each(|node| self.known.add(node));
        self.asked = asked;
        self.code = Some(Rc::new(code));
        if let Some(split) = &options.split {
            let (code, _) = parse::compile(split, &env, false)
                .map_err(|e| format!("bad split document expression: {e}"))?;
            self.split = Some(Rc::new(code));
        }
        self.files = rest.clone();
        if options.null_input {
            self.items.push(empty());
        } else {
            self.slurp = Some(Slurp::new(rest));
        }
        self.options = Some(options);
        Ok(())
    }

    fn say(&mut self, text: &str) -> Result<(), String> {
        self.output.push(1, text.as_bytes());
        self.exit = Some(0);
        Ok(())
    }

    /// Reads the documents; a file that is none ends what follows it.
    fn load(&mut self, sys: &mut Sys<'_>, inputs: Vec<super::whole::Input>) -> Result<(), String> {
        let format = self.options.as_ref().and_then(|o| o.input).unwrap_or_default();
        for (file_index, input) in inputs.into_iter().enumerate() {
            let read = match &input.bytes {
                Err(e) => Err(cannot_open(&input.name, *e)),
                Ok(bytes) => {
                    sys.spend(bytes.len() as u64 / 16);
                    documents(format, &String::from_utf8_lossy(bytes))
                        .map_err(|e| format!("bad file '{}': {e}", input.name))
                }
            };
            match read {
                Ok(documents) => {
                    for (index, document) in documents.into_iter().enumerate() {
                        self.known.add(&document.root);
                        let file = input.name.clone();
                        self.items.push(Item { document, file, file_index, index });
                    }
                }
                Err(late) => {
                    self.late = Some(late);
                    break;
                }
            }
        }
        let all = self.options.as_ref().is_some_and(|o| o.all);
        if all && let Some(late) = self.late.take() {
            return Err(late);
        }
        if self.items.is_empty() && self.late.is_none() {
            self.items.push(empty());
        }
        Ok(())
    }

    /// Begins with the next document, or with all.
    fn start(&mut self, all: bool) {
        let Some(code) = self.code.clone() else { return };
        let facts = |item: &Item| {
            Value::record([
                ("name", Value::str(&item.file)),
                ("file", Value::num(item.file_index as f64)),
                ("document", Value::num(item.index as f64)),
            ])
        };
        let (files, root) = if all {
            let roots = self.items.iter().map(|i| i.document.root.get()).collect();
            (self.items.iter().map(facts).collect(), Value::array(roots))
        } else {
            let item = &self.items[self.next];
            (vec![facts(item)], item.document.root.get())
        };
        let mut vm = Vm::new(code, vec![Value::array(files), root.clone(), Value::num(0.0)]);
        vm.know_paths();
        vm.start(root);
        self.vm = Some(vm);
    }

    fn run(&mut self, sys: &mut Sys<'_>) -> Result<(), String> {
        let Some(vm) = &mut self.vm else { return Ok(()) };
        vm.facts.now = sys.now().0 as f64 / 1e6;
        let mut fuel = sys.fuel().max(1) * STEPS;
        let before = fuel;
        let out = vm.run(&mut fuel);
        sys.spend(((before - fuel) / STEPS).max(1) as u64);
        match out {
            Out::Value(value) => {
                let path = vm.came.known().map(|path| path.to_vec());
                let size = self.result(sys, &value, path)?;
                sys.spend(size as u64 / 64);
            }
            Out::Done => self.vm = None,
            Out::Error(Value::Str(text)) => return Err(text.to_string()),
            Out::Error(other) => return Err(other.text().to_string()),
            Out::Fatal(why) => return Err(why.to_string()),
            Out::Halt { .. } => self.exit = Some(1),
            Out::NeedInput | Out::Stderr(_) | Out::Yield => {}
        }
        Ok(())
    }

    /// Writes a result; gives how long it is.
    fn result(
        &mut self,
        sys: &mut Sys<'_>,
        value: &Value,
        path: Option<Vec<Value>>,
    ) -> Result<usize, String> {
        let Some(options) = self.options.clone() else { return Ok(0) };
        let (document, inside) = match (&path, options.all) {
            (Some(path), true) => match path.first() {
                Some(Value::Num(n, _)) => (*n as usize, Some(&path[1..])),
                _ => (0, None),
            },
            (path, true) => (0, path.as_deref()),
            (path, false) => (self.next - 1, path.as_deref()),
        };
        self.matched |= value.truthy();
        let item = self.items.get(document).cloned().unwrap_or_else(empty);
        let root = &item.document.root;
        let hint = match inside {
            Some(path) => root.at(path),
            // Something new that has much in common with the document stands for it.
            None => Some(root.clone()).filter(|root| alike(root, value)),
        };
        let is_root = hint.as_ref().is_some_and(|h| Rc::ptr_eq(h, root));
        let mut text = String::new();
        let output = options.output.unwrap_or_default();
        let again = self.last.replace(document);
        let leading = item.document.leading.as_deref().filter(|_| is_root && !self.asked.bare);
        let apart = again.is_some_and(|again| again != document) || (self.asked.splits && self.results > 0);
        if output == Format::Yaml {
            let own = leading.is_some_and(|l| l.lines().next() == Some("---"));
            if apart && !options.no_separators && !own && self.split.is_none() {
                text.push_str("---\n");
            }
            for line in leading.iter().flat_map(|l| l.lines()) {
                if !(options.no_separators && line == "---") {
                    text.push_str(&format!("{line}\n"));
                }
            }
        }
        let raw = options.raw.unwrap_or(matches!(output, Format::Yaml | Format::Props));
        text.push_str(&match output {
            Format::Yaml if raw && !matches!(value, Value::Arr(_) | Value::Obj(_)) => {
                let written = hint.as_ref().filter(|h| h.children.is_empty() && h.get().equals(value));
                let shown = match (value, written) {
                    (Value::Null | Value::Bool(_), Some(node)) => node.text.clone(),
                    (value, _) => scalar::text(value),
                };
                if shown.is_empty() && leading.is_some() { shown } else { shown + "\n" }
            }
            Format::Yaml => {
                let plain = options.pretty || self.asked.plain;
                let emitter = Emitter {
                    known: &self.known,
                    indent: options.indent.clamp(2, 9),
                    compact: options.compact,
                    plain,
                    bare: self.asked.bare,
                    exploded: self.asked.exploded,
                };
                let mut body = emitter.document(value, hint.as_ref());
                if is_root && !self.asked.bare {
                    item.document.trailing.iter().for_each(|comment| body.push_str(&format!("{comment}\n")));
                }
                body
            }
            format => formats::show(format, value, options.indent, raw)?,
        });
        if options.nul {
            text = format!("{}\0", text.strip_suffix('\n').unwrap_or(&text));
        }
        let size = text.len();
        if let Some(split) = self.split.clone() {
            self.save_apart(sys, split, value, &text, output)?;
        } else if options.in_place {
            self.text.push_str(&text);
        } else {
            self.output.push(1, text.as_bytes());
        }
        self.results += 1;
        Ok(size)
    }

    /// `-s`: a file for each result.
    fn save_apart(
        &self,
        sys: &mut Sys<'_>,
        split: Rc<Code>,
        value: &Value,
        text: &str,
        format: Format,
    ) -> Result<(), String> {
        let index = Value::num(self.results as f64);
        let mut vm = Vm::new(split, vec![Value::array(Vec::new()), value.clone(), index]);
        vm.know_paths();
        vm.start(value.clone());
        let mut fuel = 1_000_000;
        let name = match vm.run(&mut fuel) {
            Out::Value(name) => scalar::text(&name),
            Out::Error(why) => return Err(why.text().to_string()),
            _ => self.results.to_string(),
        };
        let ends = name
            .rsplit_once('.')
            .is_some_and(|(_, end)| !end.is_empty() && end.chars().all(|c| c.is_ascii_alphanumeric()));
        let name = if ends { name } else { format!("{name}.{}", format.extension()) };
        if let Some((dir, _)) = name.rsplit_once('/').filter(|(dir, _)| !dir.is_empty()) {
            sys.vfs().mkdir_all(dir).map_err(|e| format!("mkdir {dir}: {}", lower(e)))?;
        }
        sys.vfs().write(&name, text.as_bytes().to_vec(), 0o644).map_err(|e| cannot_open(&name, e))
    }

    /// All is done: complaints, the file of `-i`, the exit code.
    fn end(&mut self, sys: &mut Sys<'_>) -> Result<(), String> {
        if let Some(late) = self.late.take() {
            return Err(late);
        }
        let Some(options) = &self.options else { return Ok(()) };
        if options.exit_status && !self.matched {
            return Err("no matches found".to_string());
        }
        if options.in_place
            && let Some(file) = self.files.first()
        {
            let mode = sys.stat(file).map_or(0o644, |s| s.mode & 0o7777);
            let text = std::mem::take(&mut self.text);
            sys.vfs().write(file, text.into_bytes(), mode).map_err(|e| cannot_open(file, e))?;
        }
        self.exit = Some(0);
        Ok(())
    }
}

/// What there is without any input.
fn empty() -> Item {
    let root = Rc::new(Node { value: Some(Value::Null), ..Node::default() });
    let document = Document { leading: None, root, trailing: Vec::new() };
    Item { document, file: String::new(), file_index: 0, index: 0 }
}

fn documents(format: Format, text: &str) -> Result<Vec<Document>, String> {
    if format == Format::Yaml {
        return node::read(text);
    }
    let plain = |value: Value| Document {
        leading: None,
        root: Rc::new(Node { value: Some(value), ..Node::default() }),
        trailing: Vec::new(),
    };
    Ok(formats::read(format, text)?.into_iter().map(plain).collect())
}

/// Errors in Go's words.
fn lower(e: crate::errno::Errno) -> String {
    let text = e.to_string();
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_lowercase().collect::<String>() + chars.as_str())
}

fn cannot_open(name: &str, e: crate::errno::Errno) -> String {
    format!("open {name}: {}", lower(e))
}

/// Whether a map has at least half of its keys in common with a document.
fn alike(root: &Rc<Node>, value: &Value) -> bool {
    let Value::Obj(map) = value else { return false };
    let common = map.map.keys().filter(|key| root.child(&Value::Str((*key).clone())).is_some()).count();
    common > 0 && 2 * common >= map.map.len()
}
