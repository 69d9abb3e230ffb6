//! What went wrong with a command, and how kubectl says it (mirrors `k8s.io/kubectl/pkg/cmd/util/helpers.go`).

use api::Json;

use crate::host::TransportError;

/// The error of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum CmdError {
    /// The API server answered with a `Status`.
    Status(Box<Json>),
    /// The request got no answer.
    Transport(TransportError),
    /// A plain error; `error: ` is put before it.
    Msg(String),
    /// The kubeconfig is wrong.
    Config(String),
    /// The server has no such resource type.
    NoResource { resource: String, group: String, version: String },
    /// Several errors, one line each.
    Many(Vec<CmdError>),
    /// A message printed as it is (nothing when empty) and an exit code.
    Exit { code: i32, message: String },
}

/// The result of a command's parts.
pub type Result<T = ()> = std::result::Result<T, CmdError>;

/// Makes a plain error.
pub fn msg<T>(text: impl Into<String>) -> Result<T> {
    Err(CmdError::Msg(text.into()))
}

impl From<String> for CmdError {
    fn from(text: String) -> CmdError {
        CmdError::Msg(text)
    }
}

impl From<&str> for CmdError {
    fn from(text: &str) -> CmdError {
        CmdError::Msg(text.into())
    }
}

impl From<TransportError> for CmdError {
    fn from(error: TransportError) -> CmdError {
        CmdError::Transport(error)
    }
}

impl CmdError {
    /// The error for `kubectl -h`-style usage mistakes.
    pub fn usage(command: &str, text: impl AsRef<str>) -> CmdError {
        CmdError::Msg(format!("{}\nSee '{command} -h' for help and examples", text.as_ref()))
    }

    /// Returns the reason of an API error, or `""`.
    pub fn reason(&self) -> &str {
        match self {
            CmdError::Status(s) => s["reason"].as_str().unwrap_or(""),
            _ => "",
        }
    }

    /// Tells whether the API server said 404 NotFound.
    pub fn is_not_found(&self) -> bool {
        self.reason() == "NotFound"
    }

    /// Returns the bare text, without `error:` or `Error from server`.
    pub fn text(&self) -> String {
        match self {
            CmdError::Status(s) => s["message"].as_str().unwrap_or("unknown").to_string(),
            CmdError::Transport(TransportError::Refused { host }) => {
                format!("Get \"http://{host}/\": dial tcp {host}: connect: connection refused")
            }
            CmdError::Transport(TransportError::Other(text)) => text.clone(),
            CmdError::Transport(TransportError::Interrupted) => "interrupted".into(),
            CmdError::Msg(text) | CmdError::Config(text) => text.clone(),
            CmdError::NoResource { .. } => no_resource(self),
            CmdError::Many(errors) => match errors.as_slice() {
                [one] => one.text(),
                many => format!("[{}]", many.iter().map(CmdError::text).collect::<Vec<_>>().join(", ")),
            },
            CmdError::Exit { message, .. } => message.clone(),
        }
    }

    /// Puts `error when creating "FILE": ` before the message (`AddSourceToErr`).
    pub fn with_source(self, verb: &str, source: &str) -> CmdError {
        if source.is_empty() {
            return self;
        }
        match self {
            CmdError::Status(mut s) => {
                let text = format!("error when {verb} {source:?}: {}", s["message"].as_str().unwrap_or(""));
                s["message"] = text.into();
                CmdError::Status(s)
            }
            CmdError::Transport(_) => self,
            other => CmdError::Msg(format!("error when {verb} {source:?}: {}", other.text())),
        }
    }

    /// Puts words before the message and keeps the kind of error, as Go's `%w` does for plain errors.
    pub fn prefixed(self, prefix: &str) -> CmdError {
        match self {
            CmdError::Transport(_) | CmdError::Exit { .. } => self,
            other => CmdError::Msg(format!("{prefix}{}", other.text())),
        }
    }

    /// Returns what is printed on standard error, and the exit code.
    pub fn report(&self) -> (String, i32) {
        match self {
            CmdError::Many(errors) if errors.len() == 1 => errors[0].report(),
            CmdError::Many(errors) => (
                errors.iter().map(|e| standard(e).unwrap_or_else(|| e.text())).collect::<Vec<_>>().join("\n"),
                1,
            ),
            CmdError::Exit { code, message } => (message.clone(), *code),
            CmdError::Transport(TransportError::Interrupted) => (String::new(), 130),
            CmdError::Status(s) if s["reason"] == "Invalid" => (invalid(s), 1),
            CmdError::Config(text) => (format!("Error in configuration: {text}"), 1),
            CmdError::NoResource { .. } => (format!("error: {}", no_resource(self)), 1),
            other => {
                let text = standard(other).unwrap_or_else(|| {
                    let text = other.text();
                    if text.starts_with("error: ") { text } else { format!("error: {text}") }
                });
                (text, 1)
            }
        }
    }
}

fn no_resource(error: &CmdError) -> String {
    let CmdError::NoResource { resource, group, version } = error else { return String::new() };
    let mut text = format!("the server doesn't have a resource type {resource:?}");
    if !group.is_empty() {
        text += &format!(" in group {group:?}");
    }
    if !version.is_empty() {
        text += if group.is_empty() { " in version " } else { " and version " };
        text += &format!("{version:?}");
    }
    text
}

/// `StandardErrorMessage`: the errors that have a form of their own.
fn standard(error: &CmdError) -> Option<String> {
    match error {
        CmdError::Status(s) => {
            let message = s["message"].as_str().unwrap_or("unknown");
            Some(match s["reason"].as_str().unwrap_or("") {
                "Unauthorized" => format!("error: You must be logged in to the server ({message})"),
                "" => format!("Error from server: {message}"),
                reason => format!("Error from server ({reason}): {message}"),
            })
        }
        CmdError::Transport(TransportError::Refused { host }) => Some(format!(
            "The connection to the server {host} was refused - did you specify the right host or port?"
        )),
        CmdError::Transport(TransportError::Other(text)) => {
            Some(format!("Unable to connect to the server: {text}"))
        }
        _ => None,
    }
}

/// The form of `Invalid` errors: the kind and name, then one line per cause.
fn invalid(status: &Json) -> String {
    let details = &status["details"];
    let (kind, name) = (details["kind"].as_str().unwrap_or(""), details["name"].as_str().unwrap_or(""));
    let message = status["message"].as_str().unwrap_or("");
    let mut causes: Vec<String> = Vec::new();
    for cause in details["causes"].as_array().into_iter().flatten() {
        let text =
            format!("{}: {}", cause["field"].as_str().unwrap_or(""), cause["message"].as_str().unwrap_or(""));
        if !causes.contains(&text) {
            causes.push(text);
        }
    }
    let mut head = "The request is invalid".to_string();
    if !kind.is_empty() || !name.is_empty() {
        head = format!("The {kind} {name:?} is invalid");
    } else if !message.is_empty() && causes.is_empty() {
        head = format!("{head}: {message}");
    }
    match causes.as_slice() {
        [] => head,
        [one] => format!("{head}: {one}\n"),
        many => format!("{head}: \n{}", many.iter().map(|c| format!("* {c}\n")).collect::<String>()),
    }
}
