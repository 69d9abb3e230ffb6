//! The operators of yq that have names: what each compiles to, and what is refused.

use std::rc::Rc;

use super::{
    lex::{Tok, wrong},
    node,
    parse::{Compiler, Res, message},
};
use crate::bin::jq::{
    ast::{Id, Term},
    value::Value,
};

impl Compiler<'_> {
    /// `... comments=""` and `.. style=""`: what is kept beside the values is forgotten.
    pub(super) fn strip(&mut self) -> Res<Option<Id>> {
        let [Some((Tok::Word(what), _)), Some((Tok::Op(op), _)), Some((Tok::Str(value), _))] =
            [0, 1, 2].map(|n| self.toks.get(self.at + n))
        else {
            return Ok(None);
        };
        if !matches!(op.as_str(), "=" | "|=") || !value.is_empty() {
            return Ok(None);
        }
        match what.as_str() {
            "comments" => self.asked.bare = true,
            "style" => self.asked.plain = true,
            _ => return Ok(None),
        }
        self.at += 3;
        Ok(Some(self.documents()))
    }

    /// Names of what is beside the values: it is kept, but no expression can reach it.
    pub(super) fn attribute(&mut self, word: &str) -> Res<Option<Id>> {
        let plain = word.replace('_', "").to_ascii_lowercase();
        let known = [
            "linecomment",
            "headcomment",
            "footcomment",
            "comments",
            "style",
            "anchor",
            "alias",
            "line",
            "column",
        ];
        if known.contains(&plain.as_str()) {
            return Err(format!(
                "the operator '{word}' is not simulated (comments and styles are kept; `... comments=\"\"` and `.. style=\"\"` drop them)"
            ));
        }
        Ok(None)
    }

    pub(super) fn format(&mut self, name: &str) -> Res<Id> {
        match name {
            "uri" => {
                let uri = self.add(Term::Format(Rc::from(name)));
                let (space, plus) = (self.string("%20"), self.string("+"));
                let plus = self.call("gsub", vec![space, plus])?;
                Ok(self.add(Term::Pipe(uri, plus)))
            }
            "base64" | "base64d" | "sh" => Ok(self.add(Term::Format(Rc::from(name)))),
            "json" => self.call("tojson", Vec::new()),
            "jsond" | "yamld" => self.call("fromjson", Vec::new()),
            "yaml" => self.call("_to_yaml", Vec::new()),
            "csv" | "tsv" => {
                let name = self.string(name);
                self.call("_table", vec![name])
            }
            _ => Err(format!("the format '@{name}' is not simulated")),
        }
    }

    pub(super) fn word(&mut self, word: &str, start: usize) -> Res<Id> {
        match word.to_ascii_lowercase().as_str() {
            "true" => return Ok(self.out.literal(Value::Bool(true))),
            "false" => return Ok(self.out.literal(Value::Bool(false))),
            "null" => return Ok(self.out.literal(Value::Null)),
            "env" | "strenv" => return self.env(word == "strenv"),
            "splitdoc" | "split_doc" => {
                self.asked.splits = true;
                return Ok(self.documents());
            }
            "filename" | "file_name" => return self.file("name"),
            "fileindex" | "file_index" | "fi" => return self.file("file"),
            "documentindex" | "document_index" | "di" => return self.file("document"),
            "empty" => return Ok(self.add(Term::Empty)),
            _ => {}
        }
        let plain = word.replace('_', "").to_ascii_lowercase();
        if let Some((_, refused)) = REFUSED.iter().find(|(name, _)| *name == plain) {
            return Err(format!("the operator '{word}' is not simulated{refused}"));
        }
        let Some((_, name, arity)) = WORDS.iter().find(|(known, ..)| *known == plain) else {
            return Err(wrong(self.source, self.toks.get(start).map_or(0, |(_, at)| *at)));
        };
        if *arity == 0 {
            let level = self.is("(") && matches!(plain.as_str(), "parent" | "flatten" | "tojson" | "toyaml");
            let levels = if level { self.arguments()? } else { Vec::new() };
            if plain == "tojson" && !levels.is_empty() {
                let term = self.call("tojson", Vec::new())?;
                return Ok(self.each_document(term));
            }
            let term = if matches!(plain.as_str(), "parent" | "root") {
                let far = if plain == "root" { -1.0 } else { 1.0 };
                let up = levels.first().copied().unwrap_or_else(|| self.out.literal(Value::num(far)));
                let root = self.out.variable("_root").map_err(message)?;
                let base = self.out.literal(Value::num(f64::from(u8::from(self.all))));
                self.call("yparent", vec![up, root, base])?
            } else if plain == "flatten" && !levels.is_empty() {
                self.call("flatten", levels)?
            } else if plain == "first" && self.is("(") {
                let args = self.arguments()?;
                self.call("yfirst", args)?
            } else {
                self.call(name, Vec::new())?
            };
            return Ok(self.each_document(term));
        }
        if !self.is("(") {
            return Err(format!("'{word}' expects 1 arg but received none"));
        }
        let mut args = self.arguments()?;
        if let ("match" | "capture", 2) = (plain.as_str(), args.len()) {
            let term = self.call(name, args)?;
            return Ok(self.each_document(term));
        }
        if *arity == 1 && args.len() > 1 {
            // `sort_by(.a, .b)`
            let all = args.drain(..).reduce(|a, b| self.out.add(Term::Comma(a, b)));
            args.extend(all);
        }
        if plain == "explode" {
            self.asked.exploded = true;
        }
        if args.len() != usize::from(*arity) {
            return Err(format!("'{word}' expects {arity} arg but received {}", args.len()));
        }
        let term = self.call(name, args)?;
        Ok(self.each_document(term))
    }

    /// `(a; b)` or, for those that take several, `(a, b)`.
    fn arguments(&mut self) -> Res<Vec<Id>> {
        let place = self.place();
        self.close("(").map_err(|_| wrong(self.source, place))?;
        self.inner(|c| {
            let mut args = Vec::new();
            loop {
                args.push(c.level(11)?);
                if !c.eat(";") && !c.eat(",") {
                    break;
                }
            }
            c.close(")")?;
            Ok(args)
        })
    }

    /// `env(NAME)`: the variable as YAML; `strenv(NAME)`: as text.
    fn env(&mut self, text: bool) -> Res<Id> {
        let word = if text { "strenv" } else { "env" };
        self.close("(").map_err(|_| self.unexpected())?;
        let (Tok::Word(name), true) = (self.next(), self.eat(")")) else { return Err(self.unexpected()) };
        let Some((_, value)) = self.env.iter().find(|(k, _)| *k == name) else {
            return Err(format!("value for env variable '{name}' not provided in {word}()"));
        };
        let value = if text {
            Value::str(value)
        } else {
            match node::read(value)?.into_iter().next() {
                Some(document) => {
                    let value = document.root.get();
                    self.asked.nodes.push(document.root);
                    value
                }
                None => Value::Null,
            }
        };
        Ok(self.out.literal(value))
    }

    /// What is known of the document a value is in.
    fn file(&mut self, what: &str) -> Res<Id> {
        let what = self.string(what);
        let files = self.out.variable("_files").map_err(message)?;
        let place =
            if self.all { self.call("_yplace", Vec::new())? } else { self.out.literal(Value::num(0.0)) };
        let facts = self.add(Term::Index(files, place));
        let term = self.add(Term::Index(facts, what));
        Ok(self.each_document(term))
    }
}

/// Words without `_`, what the prelude calls them, and how many arguments they take.
const WORDS: &[(&str, &str, u8)] = &[
    ("all", "yall", 0),
    ("allc", "all", 1),
    ("any", "yany", 0),
    ("anyc", "any", 1),
    ("arraytomap", "yarray_to_map", 0),
    ("asciidowncase", "_downcase", 0),
    ("asciiupcase", "_upcase", 0),
    ("capture", "ycapture", 1),
    ("contains", "ycontains", 1),
    ("del", "ydel", 1),
    ("delpaths", "ydel_paths", 1),
    ("downcase", "_downcase", 0),
    ("error", "yerror", 1),
    ("explode", "yexplode", 1),
    ("filter", "yfilter", 1),
    ("first", "first", 0),
    ("flatten", "yflatten", 0),
    ("fromentries", "yfrom_entries", 0),
    ("fromjson", "yfrom_yaml", 0),
    ("fromunix", "yfrom_unix", 0),
    ("fromyaml", "_from_yaml", 0),
    ("groupby", "ygroup_by", 1),
    ("has", "yhas", 1),
    ("iskey", "false", 0),
    ("join", "yjoin", 1),
    ("key", "ykey", 0),
    ("keys", "ykeys", 0),
    ("kind", "ykind", 0),
    ("length", "ylength", 0),
    ("map", "map", 1),
    ("mapvalues", "ymap_values", 1),
    ("match", "ymatch", 1),
    ("max", "ymax", 0),
    ("min", "ymin", 0),
    ("not", "ynot", 0),
    ("now", "ynow", 0),
    ("omit", "yomit", 1),
    ("parent", "yparent", 0),
    ("path", "ypath", 0),
    ("pick", "ypick", 1),
    ("reverse", "yreverse", 0),
    ("root", "yparent", 0),
    ("select", "select", 1),
    ("setpath", "yset_path", 2),
    ("sort", "ysort", 0),
    ("sortby", "ysort_by", 1),
    ("sortkeys", "ysort_keys", 1),
    ("split", "ysplit", 1),
    ("sub", "ysub", 2),
    ("tag", "ytag", 0),
    ("test", "ytest", 1),
    ("toentries", "yentries", 0),
    ("tojson", "_to_json", 0),
    ("tonumber", "yto_number", 0),
    ("tostring", "yto_string", 0),
    ("tounix", "yto_unix", 0),
    ("toyaml", "_to_yaml", 0),
    ("trim", "trim", 0),
    ("type", "ytag", 0),
    ("unique", "yunique", 0),
    ("uniqueby", "yunique_by", 1),
    ("upcase", "_upcase", 0),
    ("with", "ywith", 2),
    ("withentries", "ywith_entries", 1),
];

/// Operators of yq that are not here.
const REFUSED: &[(&str, &str)] = &[
    ("load", ": give both files to `yq eval-all`"),
    ("loadstr", ""),
    ("strload", ""),
    ("loadxml", ""),
    ("loadprops", ""),
    ("loadbase64", ""),
    ("eval", ""),
    ("envsubst", ": see the program envsubst"),
    ("system", ""),
    ("shuffle", ""),
    ("pivot", ""),
    ("formatdatetime", ""),
    ("tz", ""),
    ("withdtf", ""),
    ("parents", ""),
    ("ref", ""),
    ("toxml", ""),
    ("fromxml", ""),
    ("toprops", ""),
    ("fromprops", ""),
    ("tocsv", ": use @csv"),
    ("fromcsv", ""),
    ("totsv", ": use @tsv"),
    ("fromtsv", ""),
];
