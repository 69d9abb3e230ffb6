//! kubectl's JSONPath: templates of text and `{…}` actions over JSON, in the dialect and with the messages of
//! `k8s.io/client-go/util/jsonpath` (which is not RFC 9535: `{range}…{end}`, `{"\n"}`, filters without `&&`).

mod eval;
mod parse;

use std::borrow::Cow;

use collections::StableSort;

use crate::Json;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    source: String,
    nodes: Vec<Node>,
    allow_missing: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Text between actions, or a quoted string.
    Text(String),
    Field(String),
    Wildcard,
    Recursive,
    /// `[from:to:step]`; `derived` says that `to` comes from a plain index.
    Array {
        from: Option<i64>,
        to: Option<i64>,
        step: Option<i64>,
        derived: bool,
    },
    Union(Vec<Vec<Node>>),
    Filter {
        left: Vec<Node>,
        operator: String,
        right: Vec<Node>,
    },
    Literal(Json),
    Identifier(String),
    /// One `{…}`.
    Action(Vec<Node>),
}

impl JsonPath {
    /// Parses a template such as `{.items[*].metadata.name}`.
    ///
    /// # Errors
    /// What is wrong with it, as client-go words it.
    pub fn parse(template: &str) -> Result<JsonPath, String> {
        Ok(JsonPath { source: template.to_string(), nodes: parse::template(template)?, allow_missing: true })
    }

    /// Says whether fields that do not exist are an error.
    pub fn allow_missing(mut self, allow: bool) -> JsonPath {
        self.allow_missing = allow;
        self
    }

    /// Evaluates; one list of values for each text and action of the template.
    ///
    /// # Errors
    /// An index is out of bounds, a field is missing (if that is an error), types do not compare.
    pub fn results<'a>(&'a self, data: &'a Json) -> Result<Vec<Vec<Cow<'a, Json>>>, String> {
        eval::template(&self.nodes, data, self.allow_missing)
    }

    /// Evaluates and prints: values of one action are separated by a blank, objects and lists are compact JSON.
    ///
    /// # Errors
    /// As kubectl prints them after `error: `, with the template and the object.
    pub fn print(&self, data: &Json) -> Result<String, String> {
        let lists = self.results(data).map_err(|e| {
            format!(
                "error executing jsonpath {:?}: Error executing template: {e}. Printing more information for debugging the template:\n\
                 \ttemplate was:\n\t\t{}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n\n",
                self.source,
                self.source,
                go_syntax(data)
            )
        })?;
        let mut out = String::new();
        for list in lists {
            out.push_str(&list.iter().map(|v| text(v)).collect::<Vec<_>>().join(" "));
        }
        Ok(out)
    }
}

/// Prints one value as a template does.
pub fn text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Null => "null".into(),
        other => super::json::go_compact(other),
    }
}

/// Accepts the short forms of custom columns and `--sort-by`: `.a`, `a`, `{.a}`, `{a}` all mean `{.a}`.
///
/// # Errors
/// The expression is none of these forms.
pub fn relaxed(expression: &str) -> Result<String, String> {
    if expression.is_empty() {
        return Ok(String::new());
    }
    let (open, close) = (expression.starts_with('{'), expression.ends_with('}'));
    let inner = expression.strip_prefix('{').unwrap_or(expression);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    if open != close || inner.is_empty() || inner.contains(['{', '}']) {
        return Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'".into());
    }
    Ok(if inner.starts_with('.') { format!("{{{inner}}}") } else { format!("{{.{inner}}}") })
}

/// Go's `%#v` of decoded JSON, which the messages show.
fn go_syntax(value: &Json) -> String {
    match value {
        Json::Null => "interface {}(nil)".into(),
        Json::String(s) => format!("{s:?}"),
        Json::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.stable_sort_by_key(|(k, _)| *k);
            let parts: Vec<String> =
                entries.into_iter().map(|(k, v)| format!("{k:?}:{}", go_syntax(v))).collect();
            format!("map[string]interface {{}}{{{}}}", parts.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data() -> Json {
        json!({
            "kind": "Config", "current-context": "ctx", "users": null,
            "clusters": [
                {"name": "a", "cluster": {"server": "http://a"}},
                {"name": "b", "cluster": {"server": "http://b", "insecure-skip-tls-verify": true}},
            ],
            "contexts": [{"name": "ctx", "context": {"cluster": "a", "user": "", "namespace": "dev"}}],
        })
    }

    /// Each pair was printed by kubectl 1.36 for the same document.
    #[test]
    fn templates_print_as_kubectl_prints_them() {
        let data = data();
        for (template, want) in [
            ("{.clusters[0].name}", "a"),
            ("{.clusters[*].name}", "a b"),
            (
                "{range .clusters[*]}{.name}{\"\\t\"}{.cluster.server}{\"\\n\"}{end}",
                "a\thttp://a\nb\thttp://b\n",
            ),
            ("{.clusters[-1].name}", "b"),
            ("{.clusters[0:1].name}", "a"),
            ("{.clusters[?(@.name==\"b\")].cluster.server}", "http://b"),
            ("{..name}", "a b ctx"),
            ("{.nope}", ""),
            ("{.clusters[0]}", "{\"cluster\":{\"server\":\"http://a\"},\"name\":\"a\"}"),
            ("{.current-context}", "ctx"),
            ("{.clusters[?(@.name=='b')].name}", "b"),
            ("hello", "hello"),
            ("{\"hello\"}", "hello"),
            ("{.contexts[0].context.namespace} x", "dev x"),
            ("{range .clusters[*]}", ""),
            ("{.clusters[*].cluster.insecure-skip-tls-verify}", "true"),
            ("{['current-context','kind']}", "ctx Config"),
            ("{.clusters[0,1].name}", "a b"),
            ("{.clusters[::2].name}", "a"),
            ("{.clusters[?(@.cluster.insecure-skip-tls-verify==true)].name}", "b"),
            ("{.clusters[?(@.cluster.insecure-skip-tls-verify)].name}", "b"),
            ("{$.kind}", "Config"),
            (".kind", ".kind"),
            ("{.clusters[?(@.name>\"a\")].name}", "b"),
            ("{.clusters[?(@.x==1)].name}", ""),
            ("{.kind}}", "Config}"),
            ("{.clusters[?(1==1)].name}", "a b"),
            ("{1}", "1"),
            ("{true}", "true"),
            ("{.clusters.name}", ""),
            ("{-1}", "-1"),
            ("{\"a\\\"b\"}", "a\"b"),
            ("{.kind }", "Config"),
            ("{ .kind}", "Config"),
            ("{range .clusters[*]}{@.name},{end}", "a,b,"),
            ("{.clusters..server}", "http://a http://b"),
            ("{.clusters[?(@.name!='a')].name}", "b"),
            ("{.clusters[-2:].name}", "a b"),
            ("{.clusters[*].name}{.kind}", "a bConfig"),
            ("{'x'}", "x"),
        ] {
            let path = JsonPath::parse(template).unwrap_or_else(|e| panic!("{template}: {e}"));
            assert_eq!(path.print(&data).as_deref(), Ok(want), "{template}");
        }
    }

    #[test]
    fn errors_are_worded_as_client_go_words_them() {
        for (template, want) in [
            ("{.clusters", "unclosed action"),
            ("{.clusters[}", "unterminated array"),
            ("{[\"clusters\"]}", "invalid array index \"clusters\""),
            ("{.clusters[a].name}", "invalid array index a"),
            ("{.clusters[?(@.name==\"b\" && 1==1)].name}", "unrecognized character in action: U+0026 '&'"),
            ("{.clusters[?(@.name in (\"a\"))]}", "unclosed array expect ]"),
            ("{.clusters[?(@.name =~ \"b\")].name}", "unrecognized character in action: U+007E '~'"),
        ] {
            assert_eq!(JsonPath::parse(template).expect_err(template), want, "{template}");
        }
        let data = data();
        for (template, want) in [
            ("{.clusters[5].name}", "array index out of bounds: index 5, length 2"),
            ("{.clusters[0:5].name}", "array index out of bounds: index 4, length 2"),
            ("{.clusters[3:1].name}", "array index out of bounds: index 3, length 2"),
            ("{.kind[0]}", "string is not array or slice"),
            ("{kind}", "unrecognized identifier kind"),
            ("{end}", "not in range, nothing to end"),
        ] {
            let path = JsonPath::parse(template).unwrap_or_else(|e| panic!("{template}: {e}"));
            assert_eq!(path.results(&data).expect_err(template), want, "{template}");
        }
        let path = JsonPath::parse("{.nope}").expect("parses").allow_missing(false);
        assert_eq!(path.results(&data).expect_err("is missing"), "nope is not found");
    }

    #[test]
    fn short_forms() {
        assert_eq!(relaxed(".metadata.name").as_deref(), Ok("{.metadata.name}"));
        assert_eq!(relaxed("{metadata.name}").as_deref(), Ok("{.metadata.name}"));
        assert!(relaxed("{.a").is_err());
    }
}
