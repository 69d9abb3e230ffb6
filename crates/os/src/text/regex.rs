//! Regular expressions: POSIX basic and extended with the GNU additions, awk's, and the Perl ones `grep -P` is used for.
//!
//! A pattern is parsed to a tree ([`parse`]), flattened to instructions ([`compile`]) and run. Patterns that are regular
//! run all threads at once ([`threads`]): linear time, the longest of the leftmost matches as POSIX asks. Patterns with
//! back-references, lazy repeats or look-around backtrack ([`backtrack`]) under a bound of steps, so that none hangs.

mod backtrack;
mod compile;
mod parse;
mod threads;

use std::rc::Rc;

use compile::Code;

/// What a pattern's letters mean, beyond basic or extended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// As regcomp(3) reads it: `grep`, `[[ =~ ]]`, `find -regex`, `expr`.
    Posix,
    /// `sed`: also `\n` and `\t`, within brackets too.
    Sed,
    /// `awk`: backslash escapes everywhere.
    Awk,
    /// `grep -P`.
    Perl,
}

/// A match takes more steps than a pattern is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooHard;

/// Where a group matched, in bytes.
pub type Span = (usize, usize);

/// A compiled expression. Copies share the code.
#[derive(Clone, Debug)]
pub struct Regex(Rc<Code>);

impl Regex {
    /// A basic expression (grep).
    pub fn basic(source: &str, fold: bool) -> Result<Regex, String> {
        Regex::with(source, false, fold, Style::Posix)
    }

    /// An extended expression (grep -E, `=~`).
    pub fn extended(source: &str, fold: bool) -> Result<Regex, String> {
        Regex::with(source, true, fold, Style::Posix)
    }

    /// An expression in a given style. Err is the message of regcomp(3).
    pub fn with(source: &str, extended: bool, fold: bool, style: Style) -> Result<Regex, String> {
        let inline = if style == Style::Perl { source.strip_prefix("(?i)") } else { None };
        let fold = fold || inline.is_some();
        let tree = parse::parse(inline.unwrap_or(source), extended, style)?;
        Ok(Regex(Rc::new(compile::compile(&tree, fold, style == Style::Perl)?)))
    }

    /// Text that stands for itself.
    pub fn fixed(source: &str, fold: bool) -> Result<Regex, String> {
        let tree = parse::literal(source);
        Ok(Regex(Rc::new(compile::compile(&tree, fold, false)?)))
    }

    /// The same expression with `^` and `$` at every line of the text (sed's `M`).
    pub fn multiline(self) -> Regex {
        let mut code = (*self.0).clone();
        code.multiline = true;
        Regex(Rc::new(code))
    }

    /// How many groups the expression has.
    pub fn groups(&self) -> usize {
        self.0.groups
    }

    /// Whether the text holds a match.
    pub fn is_match(&self, text: &str) -> bool {
        self.find_at(text, 0).is_some()
    }

    /// The first match at or after byte `from`.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Span> {
        self.try_find_at(text, from).unwrap_or(None)
    }

    /// The first match at or after byte `from`, or that it takes too long.
    pub fn try_find_at(&self, text: &str, from: usize) -> Result<Option<Span>, TooHard> {
        if from > text.len() {
            return Ok(None);
        }
        if let Some(literal) = &self.0.literal {
            return Ok(text[from..].find(literal.as_str()).map(|at| (from + at, from + at + literal.len())));
        }
        let groups = self.search(text, from, false)?;
        Ok(groups.and_then(|g| g.first().copied().flatten()))
    }

    /// The groups of the first match at or after `from`, group 0 being all of it.
    pub fn groups_at(&self, text: &str, from: usize) -> Option<Vec<Option<Span>>> {
        if from > text.len() {
            return None;
        }
        self.search(text, from, true).unwrap_or(None)
    }

    /// The texts of the groups of the first match.
    pub fn captures(&self, text: &str) -> Option<Vec<Option<String>>> {
        let groups = self.groups_at(text, 0)?;
        Some(groups.into_iter().map(|g| g.map(|(a, b)| text[a..b].to_string())).collect())
    }

    fn search(&self, text: &str, from: usize, groups: bool) -> Result<Option<Vec<Option<Span>>>, TooHard> {
        if self.0.backtracks {
            backtrack::search(&self.0, text, from)
        } else {
            Ok(threads::search(&self.0, text, from, groups))
        }
    }
}

/// The text with all special characters of extended expressions escaped.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<String> {
        let regex = Regex::extended(pattern, false).expect("a pattern");
        regex.find_at(text, 0).map(|(a, b)| text[a..b].to_string())
    }

    #[test]
    fn the_longest_of_the_leftmost_matches_is_found() {
        assert_eq!(find("ab|abcd", "xabcd").as_deref(), Some("abcd"));
        assert_eq!(find("x*", "aaxx").as_deref(), Some(""));
        assert_eq!(find("a(b|bc)(cd)?", "abcd").as_deref(), Some("abcd"));
        assert_eq!(find("(a*)*b", "aaaaab").as_deref(), Some("aaaaab"));
        assert_eq!(find("a{2,3}", "aaaa").as_deref(), Some("aaa"));
        assert_eq!(find("bc|abcd", "abcd").as_deref(), Some("abcd"));
        assert_eq!(find("[[:digit:]]+$", "a1b22").as_deref(), Some("22"));
        assert_eq!(find(r"\<b\w*", "ab bc").as_deref(), Some("bc"));
    }

    #[test]
    fn back_references_repeat_what_a_group_matched() {
        let twice = Regex::basic(r"\(..*\)\1", false).expect("a pattern");
        assert_eq!(twice.find_at("xabab!", 0), Some((1, 5)));
        let tag = Regex::extended(r"<(b|i)>[^<]*</\1>", false).expect("a pattern");
        assert_eq!(tag.find_at("<b>x</i><i>y</i>", 0), Some((8, 16)));
    }

    #[test]
    fn a_pattern_that_would_take_forever_says_so() {
        let evil = Regex::extended(r"(a*)*(a*)*\1b", false).expect("a pattern");
        assert_eq!(evil.try_find_at(&"a".repeat(60), 0), Err(TooHard));
        let fine = Regex::extended("(a*)*(a*)*b", false).expect("a pattern");
        assert_eq!(fine.try_find_at(&"a".repeat(2000), 0), Ok(None));
    }

    #[test]
    fn perl_patterns_know_lazy_repeats_and_look_around() {
        let find = |pattern: &str, text: &str| {
            let regex = Regex::with(pattern, true, false, Style::Perl).expect("a pattern");
            regex.find_at(text, 0).map(|(a, b)| text[a..b].to_string())
        };
        assert_eq!(find(r"(?<=id=)\d+", "x id=42;").as_deref(), Some("42"));
        assert_eq!(find(r"id=\K\d+", "x id=42;").as_deref(), Some("42"));
        assert_eq!(find(r#""name":\s*"\K.*?(?=")"#, r#"{"name": "a","b":"c"}"#).as_deref(), Some("a"));
        assert_eq!(find(r"foo(?!bar)\w", "foobar foox").as_deref(), Some("foox"));
    }

    #[test]
    fn wrong_patterns_are_refused_as_regcomp_words_it() {
        let err = |p: &str| Regex::basic(p, false).expect_err("wrong");
        assert_eq!(err(r"\(a"), r"Unmatched ( or \(");
        assert_eq!(err("[a"), "Unmatched [, [^, [:, [., or [=");
        assert_eq!(err(r"a\{3,1\}"), r"Invalid content of \{\}");
        assert_eq!(err(r"\(a\)\2"), "Invalid back reference");
        assert_eq!(err("a\\"), "Trailing backslash");
    }
}
