//! What names of things may look like, and the words with which other names are refused
//! (`k8s.io/apimachinery/pkg/util/validation`). Each check returns all complaints; none means valid.

use crate::base::hash::SAFE_ALPHANUMS;

/// Characters of a label.
pub const DNS1123_LABEL_MAX: usize = 63;
/// Characters of a subdomain.
pub const DNS1123_SUBDOMAIN_MAX: usize = 253;
/// Characters of a label's value.
pub const LABEL_VALUE_MAX: usize = 63;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// Lower-case letters, digits and hyphens between alphanumerics: names of containers, namespaces, ports.
pub fn is_dns1123_label(value: &str) -> Vec<String> {
    let mut errors = max_length(value, DNS1123_LABEL_MAX);
    if !dns1123_label(value) {
        errors.push(if dns1123_subdomain(value) {
            "must not contain dots".to_owned()
        } else {
            regex_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// Labels joined by dots: names of most objects.
pub fn is_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = max_length(value, DNS1123_SUBDOMAIN_MAX);
    if !dns1123_subdomain(value) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            SUBDOMAIN,
            &["example.com"],
        ));
    }
    errors
}

/// A label that starts with a letter: names of services.
pub fn is_dns1035_label(value: &str) -> Vec<String> {
    let mut errors = max_length(value, DNS1123_LABEL_MAX);
    if !(dns1123_label(value) && value.starts_with(|c: char| c.is_ascii_lowercase())) {
        errors.push(regex_error(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

/// `*.` and a subdomain: hosts of ingress rules.
pub fn is_wildcard_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = max_length(value, DNS1123_SUBDOMAIN_MAX);
    if !value.strip_prefix("*.").is_some_and(dns1123_subdomain) {
        errors.push(regex_error(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            &format!("\\*\\.{SUBDOMAIN}"),
            &["*.example.com"],
        ));
    }
    errors
}

/// Keys of labels and annotations: an optional domain and `/`, then a name.
pub fn is_qualified_name(value: &str) -> Vec<String> {
    const MESSAGE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    const EXAMPLES: [&str; 3] = ["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let parts: Vec<&str> = value.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors
                    .extend(is_dns1123_subdomain(prefix).iter().map(|error| format!("prefix part {error}")));
            }
            name
        }
        _ => {
            let error = regex_error(MESSAGE, LABEL_KEY, &EXAMPLES);
            return vec![format!(
                "a valid label key {error} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > DNS1123_LABEL_MAX {
        errors.push(format!("name part {}", max_length_error(DNS1123_LABEL_MAX)));
    }
    if !label_key(name) {
        errors.push(format!("name part {}", regex_error(MESSAGE, LABEL_KEY, &EXAMPLES)));
    }
    errors
}

/// Values of labels.
pub fn is_valid_label_value(value: &str) -> Vec<String> {
    let mut errors = max_length(value, LABEL_VALUE_MAX);
    if !(value.is_empty() || label_key(value)) {
        errors.push(regex_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// Names of environment variables, as lenient as upstream is now.
pub fn is_relaxed_env_var_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.is_empty() {
        errors.push("environment variable name must be non-empty".to_owned());
    }
    if !all(value, |c| (0x20..0x7f).contains(&c) && c != b'=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='".to_owned(),
        );
    }
    errors
}

/// Keys of config maps and secrets.
pub fn is_config_map_key(value: &str) -> Vec<String> {
    let mut errors = max_length(value, DNS1123_SUBDOMAIN_MAX);
    if value.is_empty() || !all(value, |c| c.is_ascii_alphanumeric() || b"-._".contains(&c)) {
        errors.push(regex_error(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match value {
        "." => errors.push("must not be '.'".to_owned()),
        ".." => errors.push("must not be '..'".to_owned()),
        _ if value.starts_with("..") => errors.push("must not start with '..'".to_owned()),
        _ => {}
    }
    errors
}

/// Port 1 to 65535 (`IsValidPortNum`).
pub fn is_valid_port_num(port: i32) -> Vec<String> {
    is_in_range(i64::from(port), 1, 65_535)
}

/// Names of container ports.
pub fn is_valid_port_name(port: &str) -> Vec<String> {
    let mut errors = max_length(port, 15);
    if port.is_empty() || !all(port, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !port.bytes().any(|c| c.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if port.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if port.starts_with('-') || port.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

/// Digits and a percent sign (`IsValidPercent`).
pub fn is_valid_percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or("");
    if !digits.is_empty() && all(digits, |c| c.is_ascii_digit()) {
        return Vec::new();
    }
    vec![regex_error(
        "a valid percent string must be a numeric string followed by an ending '%'",
        "[0-9]+%",
        &["1%", "93%"],
    )]
}

/// Letters, digits and dashes (`IsHTTPHeaderName`).
pub fn is_http_header_name(value: &str) -> Vec<String> {
    if !value.is_empty() && all(value, |c| c.is_ascii_alphanumeric() || c == b'-') {
        return Vec::new();
    }
    vec![regex_error(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// User and group numbers.
pub fn is_valid_id(id: i64) -> Vec<String> {
    is_in_range(id, 0, i64::from(i32::MAX))
}

/// Both ends are allowed (`IsInRange`).
pub fn is_in_range(value: i64, min: i64, max: i64) -> Vec<String> {
    if (min..=max).contains(&value) { Vec::new() } else { vec![inclusive_range_error(min, max)] }
}

/// The words of a number out of range (`InclusiveRangeError`).
pub fn inclusive_range_error(min: i64, max: i64) -> String {
    format!("must be between {min} and {max}, inclusive")
}

/// One segment of a path: what the most lenient kinds (roles, for instance) ask of names.
pub fn is_valid_path_segment_name(name: &str) -> Vec<String> {
    match name {
        "." => return vec!["may not be '.'".to_owned()],
        ".." => return vec!["may not be '..'".to_owned()],
        _ => {}
    }
    ["/", "%"]
        .iter()
        .filter(|part| name.contains(**part))
        .map(|part| format!("may not contain '{part}'"))
        .collect()
}

/// The name that `generateName` becomes with these random numbers: the prefix is cut so that five characters fit.
pub fn generate_name(prefix: &str, random: impl FnMut() -> u32) -> String {
    const MAX_PREFIX: usize = 63 - 5;
    let mut end = prefix.len().min(MAX_PREFIX);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{}", &prefix[..end], random_suffix(5, random))
}

/// Random characters of the alphabet of generated names.
pub fn random_suffix(length: usize, mut random: impl FnMut() -> u32) -> String {
    let alphabet = SAFE_ALPHANUMS.len() as u32;
    (0..length).map(|_| char::from(SAFE_ALPHANUMS[(random() % alphabet) as usize])).collect()
}

/// `<message> (e.g. 'a', or 'b', regex used for validation is '<regex>')`, commas where upstream has them.
pub fn regex_error(message: &str, regex: &str, examples: &[&str]) -> String {
    let mut text = message.to_owned();
    for (index, example) in examples.iter().enumerate() {
        text.push_str(if index == 0 { " (e.g. " } else { " or " });
        text.push_str(&format!("'{example}', "));
    }
    text.push_str(if examples.is_empty() { " (" } else { "" });
    text.push_str(&format!("regex used for validation is '{regex}')"));
    text
}

/// The words of a text too long (`MaxLenError`).
pub fn max_length_error(max: usize) -> String {
    format!("must be no more than {max} characters")
}

fn max_length(value: &str, max: usize) -> Vec<String> {
    if value.len() > max { vec![max_length_error(max)] } else { Vec::new() }
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(test)
}

fn dns1123_label(value: &str) -> bool {
    !value.is_empty()
        && all(value, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        && !value.starts_with('-')
        && !value.ends_with('-')
}

fn dns1123_subdomain(value: &str) -> bool {
    value.split('.').all(dns1123_label)
}

fn label_key(value: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    all(value, |c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
        && value.starts_with(ends)
        && value.ends_with(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_upstreams() {
        assert_eq!(
            is_dns1123_subdomain("Foo_Bar"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(is_dns1123_label("a.b"), ["must not contain dots"]);
        assert!(is_dns1035_label("1a")[0].contains("(e.g. 'my-name',  or 'abc-123', regex used"));
        assert_eq!(is_qualified_name("/x"), ["prefix part must be non-empty"]);
        assert_eq!(is_valid_port_num(0), ["must be between 1 and 65535, inclusive"]);
        assert_eq!(is_valid_label_value(&"a".repeat(64)), ["must be no more than 63 characters"]);
    }

    #[test]
    fn good_names_pass() {
        assert!(is_dns1123_subdomain("a-1.b").is_empty());
        assert!(is_qualified_name("app.kubernetes.io/name").is_empty());
        assert!(is_valid_label_value("").is_empty());
        assert!(is_config_map_key("a_b.C").is_empty());
    }

    #[test]
    fn generated_names_fit_a_label() {
        let name = generate_name(&"x".repeat(80), || 7);
        assert_eq!(name.len(), 63);
        assert!(is_dns1123_label(&name).is_empty());
    }
}
