//! Label selectors: `app=web,tier in (front,back),!legacy` and the structured form that specs carry
//! (`k8s.io/apimachinery/pkg/labels`).

use std::fmt;

use collections::{OrdMap, StableSort};

use super::field::{Error, ErrorList, Path};
use super::names;
use super::v1::LabelSelector;
use crate::Json;
use crate::base::str::Str;

/// Labels or annotations of an object.
pub type Labels = OrdMap<Str, Str>;

/// What a requirement asks of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The value is one of the set.
    In,
    /// The label is missing, or its value is none of the set.
    NotIn,
    /// `key=value`
    Equals,
    /// `key==value`
    DoubleEquals,
    /// `key!=value`; true also if the label is missing.
    NotEquals,
    /// The label is there.
    Exists,
    /// The label is missing.
    DoesNotExist,
    /// Both are whole numbers, and the label's is larger.
    GreaterThan,
    /// Both are whole numbers, and the label's is smaller.
    LessThan,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key, with its prefix.
    pub key: Str,
    /// What is asked.
    pub operator: Operator,
    /// Sorted, without duplicates.
    pub values: Vec<Str>,
}

/// Conditions that must all hold. The default selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Sorted by key.
    requirements: Vec<Requirement>,
    nothing: bool,
}

impl Selector {
    /// Selects every object.
    pub fn everything() -> Selector {
        Selector::default()
    }
    /// Selects no object: what a missing `labelSelector` means.
    pub fn nothing() -> Selector {
        Selector { nothing: true, ..Selector::default() }
    }

    /// Selects objects that have all these labels (`SelectorFromSet`).
    pub fn from_set(labels: &Labels) -> Selector {
        let requirement = |(key, value): (&Str, &Str)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: vec![value.clone()],
        };
        Selector { requirements: labels.iter().map(requirement).collect(), nothing: false }
    }

    /// The selector that a spec carries (`LabelSelectorAsSelector`). An empty one selects everything.
    pub fn from_label_selector(selector: &LabelSelector) -> Result<Selector, String> {
        let mut requirements = Vec::new();
        for (key, value) in &selector.match_labels {
            requirements.push(Requirement::new(key, Operator::Equals, vec![value.clone()])?);
        }
        for expression in &selector.match_expressions {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(format!("{other:?} is not a valid label selector operator")),
            };
            requirements.push(Requirement::new(&expression.key, operator, expression.values.clone())?);
        }
        Ok(Selector::of(requirements))
    }

    /// The selector of an optional spec field: absent selects nothing.
    pub fn from_optional(selector: Option<&LabelSelector>) -> Result<Selector, String> {
        selector.map_or(Ok(Selector::nothing()), Selector::from_label_selector)
    }

    fn of(mut requirements: Vec<Requirement>) -> Selector {
        requirements.stable_sort_by(|a, b| a.key.cmp(&b.key));
        Selector { requirements, nothing: false }
    }

    /// Reads the text form. Errors are upstream's words.
    pub fn parse(text: &str) -> Result<Selector, String> {
        let mut parser = Parser { tokens: scan(text), position: 0 };
        parser.parse().map(Selector::of)
    }

    /// True if all requirements hold.
    pub fn matches(&self, labels: &Labels) -> bool {
        !self.nothing && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// True if everything is selected.
    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    /// All of them must hold.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The value that the selector demands of a label, if it demands exactly one (`RequiresExactMatch`).
    pub fn requires_exact_match(&self, key: &str) -> Option<&Str> {
        let requirement = self.requirements.iter().find(|requirement| requirement.key == key)?;
        match (requirement.operator, requirement.values.as_slice()) {
            (Operator::Equals | Operator::DoubleEquals | Operator::In, [value]) => Some(value),
            _ => None,
        }
    }
}

impl Requirement {
    /// A checked requirement. Errors are upstream's words (`NewRequirement`).
    pub fn new(key: &str, operator: Operator, mut values: Vec<Str>) -> Result<Requirement, String> {
        let mut errors = ErrorList::new();
        let path = Path::new("values");
        if let Some(error) = invalid_key(key, &Path::new("key")) {
            errors.push(error);
        }
        let list = || Json::Array(values.iter().map(Json::from).collect());
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                errors.push(Error::invalid(
                    &path,
                    list(),
                    "for 'in', 'notin' operators, values set can't be empty",
                ));
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if values.len() != 1 => {
                errors.push(Error::invalid(
                    &path,
                    list(),
                    "exact-match compatibility requires one single value",
                ));
            }
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
                let detail = "values set must be empty for exists and does not exist";
                errors.push(Error::invalid(&path, list(), detail));
            }
            Operator::GreaterThan | Operator::LessThan => {
                if values.len() != 1 {
                    let detail = "for 'Gt', 'Lt' operators, exactly one value is required";
                    errors.push(Error::invalid(&path, list(), detail));
                }
                for (index, value) in
                    values.iter().enumerate().filter(|(_, value)| value.parse::<i64>().is_err())
                {
                    let detail = "for 'Gt', 'Lt' operators, the value must be an integer";
                    errors.push(Error::invalid(&path.index(index), value, detail));
                }
            }
            _ => {}
        }
        for (index, value) in values.iter().enumerate() {
            let complaints = names::is_valid_label_value(value);
            if !complaints.is_empty() {
                errors.push(Error::invalid(&path.index(index).key(key), value, &complaints.join("; ")));
            }
        }
        if !errors.is_empty() {
            return Err(errors.to_string());
        }
        values.stable_sort();
        values.dedup();
        Ok(Requirement { key: key.into(), operator, values })
    }

    /// True if these labels satisfy it.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(self.key.as_str());
        let listed = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => listed(),
            Operator::NotIn | Operator::NotEquals => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan | Operator::LessThan => {
                let number = |text: Option<&Str>| text.and_then(|text| text.parse::<i64>().ok());
                match (number(value), number(self.values.first())) {
                    (Some(is), Some(bound)) if self.operator == Operator::GreaterThan => is > bound,
                    (Some(is), Some(bound)) => is < bound,
                    _ => false,
                }
            }
        }
    }
}

fn invalid_key(key: &str, path: &Path) -> Option<Error> {
    let complaints = names::is_qualified_name(key);
    (!complaints.is_empty()).then(|| Error::invalid(path, key, &complaints.join("; ")))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(",");
        let key = &self.key;
        match self.operator {
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.requirements.iter().map(Requirement::to_string).collect();
        f.write_str(&terms.join(","))
    }
}

/// Prints a structured selector as kubectl and printers show it (`metav1.FormatLabelSelector`).
pub fn format_label_selector(selector: Option<&LabelSelector>) -> String {
    let Ok(selector) = Selector::from_optional(selector) else { return "<error>".to_owned() };
    let text = selector.to_string();
    if text.is_empty() { "<none>".to_owned() } else { text }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Error,
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    Greater,
    Identifier,
    In,
    Less,
    NotEquals,
    NotIn,
    Open,
}

fn known_token(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::Greater,
        "in" => Token::In,
        "<" => Token::Less,
        "!=" => Token::NotEquals,
        "notin" => Token::NotIn,
        "(" => Token::Open,
        _ => return None,
    })
}

fn scan(text: &str) -> Vec<(Token, String)> {
    let special = |c: char| "=!(),><".contains(c);
    let blank = |c: char| " \t\r\n".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while let Some(first) = rest.chars().next() {
        let end = if special(first) {
            // The longest run of special characters that is a token.
            let second = rest[1..].chars().next().filter(|c| special(*c));
            match second {
                Some(second) if known_token(&format!("{first}{second}")).is_some() => 2,
                _ => 1,
            }
        } else {
            rest.find(|c| special(c) || blank(c)).unwrap_or(rest.len())
        };
        let (literal, after) = rest.split_at(end);
        let otherwise = if special(first) { Token::Error } else { Token::Identifier };
        tokens.push((known_token(literal).unwrap_or(otherwise), literal.to_owned()));
        rest = after.trim_start_matches(blank);
    }
    tokens.push((Token::End, String::new()));
    tokens
}

struct Parser {
    tokens: Vec<(Token, String)>,
    position: usize,
}

impl Parser {
    /// The next token; where values are expected, `in` and `notin` are identifiers.
    fn peek(&self, values: bool) -> (Token, String) {
        let last = self.tokens.len() - 1;
        let (token, literal) = self.tokens[self.position.min(last)].clone();
        match token {
            Token::In | Token::NotIn if values => (Token::Identifier, literal),
            _ => (token, literal),
        }
    }

    fn next(&mut self, values: bool) -> (Token, String) {
        let token = self.peek(values);
        self.position += 1;
        token
    }

    fn parse(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek(true) {
                (Token::Identifier | Token::Not, _) => {
                    let requirement = self
                        .requirement()
                        .map_err(|error| format!("unable to parse requirement: {error}"))?;
                    requirements.push(requirement);
                    match self.next(true) {
                        (Token::End, _) => return Ok(requirements),
                        (Token::Comma, _) => {
                            let (token, literal) = self.peek(true);
                            if !matches!(token, Token::Identifier | Token::Not) {
                                return Err(format!("found '{literal}', expected: identifier after ','"));
                            }
                        }
                        (_, literal) => {
                            return Err(format!("found '{literal}', expected: ',' or 'end of string'"));
                        }
                    }
                }
                (Token::End, _) => return Ok(requirements),
                (_, literal) => {
                    return Err(format!("found '{literal}', expected: !, identifier, or 'end of string'"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.next(true);
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.next(true);
        }
        if token != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(error) = invalid_key(&key, &Path::default()) {
            return Err(error.to_string());
        }
        if negated {
            return Requirement::new(&key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(true).0, Token::End | Token::Comma) {
            return Requirement::new(&key, Operator::Exists, Vec::new());
        }
        let (token, literal) = self.next(false);
        let operator = match token {
            Token::In => Operator::In,
            Token::NotIn => Operator::NotIn,
            Token::Equals => Operator::Equals,
            Token::DoubleEquals => Operator::DoubleEquals,
            Token::NotEquals => Operator::NotEquals,
            Token::Greater => Operator::GreaterThan,
            Token::Less => Operator::LessThan,
            _ => return Err(format!("found '{literal}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        let mut values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        values.stable_sort();
        values.dedup();
        Requirement::new(&key, operator, values)
    }

    fn values(&mut self) -> Result<Vec<Str>, String> {
        let (token, literal) = self.next(true);
        if token != Token::Open {
            return Err(format!("found '{literal}' expected: '('"));
        }
        let (token, literal) = self.peek(true);
        match token {
            Token::Identifier | Token::Comma => {
                let values = self.identifiers()?;
                if self.next(true).0 != Token::Close {
                    return Err(format!("found '{literal}', expected: ')'"));
                }
                Ok(values)
            }
            Token::Close => {
                self.next(true);
                Ok(vec![Str::EMPTY])
            }
            _ => Err(format!("found '{literal}', expected: ',', ')' or identifier")),
        }
    }

    fn identifiers(&mut self) -> Result<Vec<Str>, String> {
        let mut values = Vec::new();
        loop {
            match self.next(true) {
                (Token::Identifier, literal) => {
                    values.push(Str::from(literal));
                    match self.peek(true) {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(values),
                        (_, literal) => return Err(format!("found '{literal}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.push(Str::EMPTY);
                    }
                    match self.peek(true).0 {
                        Token::Close => {
                            values.push(Str::EMPTY);
                            return Ok(values);
                        }
                        Token::Comma => values.push(Str::EMPTY),
                        _ => {}
                    }
                }
                (_, literal) => return Err(format!("found '{literal}', expected: ',', or identifier")),
            }
        }
    }

    fn exact_value(&mut self) -> Result<Str, String> {
        if matches!(self.peek(true).0, Token::End | Token::Comma) {
            return Ok(Str::EMPTY);
        }
        match self.next(true) {
            (Token::Identifier, literal) => Ok(literal.into()),
            (_, literal) => Err(format!("found '{literal}', expected: identifier")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| (Str::from(*key), Str::from(*value))).collect()
    }

    #[test]
    fn text_selects_and_prints_canonically() {
        let web = labels(&[("app", "web"), ("tier", "front"), ("n", "5")]);
        for (text, canonical, matches) in [
            ("", "", true),
            ("app=web", "app=web", true),
            ("tier in (front, back),app==web", "app==web,tier in (back,front)", true),
            ("app!=web", "app!=web", false),
            ("env notin (prod)", "env notin (prod)", true),
            ("app", "app", true),
            ("!app", "!app", false),
            ("!env", "!env", true),
            ("n>4,n<6", "n>4,n<6", true),
            ("app=", "app=", false),
            ("in=x", "in=x", false),
            ("x in (,a)", "x in (,a)", false),
        ] {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.to_string(), canonical);
            assert_eq!(selector.matches(&web), matches, "{text}");
        }
    }

    #[test]
    fn parse_errors_are_upstreams() {
        for (text, error) in [
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("=a", "found '=', expected: !, identifier, or 'end of string'"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(Selector::parse(text).unwrap_err(), error);
        }
        assert!(
            Selector::parse("a/b/c=d").unwrap_err().starts_with(
                "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a valid label key"
            )
        );
    }

    #[test]
    fn absent_selectors_select_nothing_and_empty_ones_everything() {
        assert!(!Selector::from_optional(None).unwrap().matches(&Labels::new()));
        assert!(Selector::from_optional(Some(&LabelSelector::default())).unwrap().matches(&Labels::new()));
    }
}
