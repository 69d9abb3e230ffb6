//! Requests that a node's kubelet answers: logs, exec, attach, port-forward. The server finds the pod, its node and the
//! container, checks the options, and hands over a [`Connect`]: plain data that the cluster passes on.
//! Mirrors pkg/registry/core/pod/strategy.go (LogLocation, ExecLocation, AttachLocation, PortForwardLocation).

use api::core::v1::Pod;
use api::http::{Body, Response, StreamId};
use api::meta::field::{Error, Path};
use api::{Gvk, Status, Str};

use super::call::Call;
use super::{ApiServer, Opened, RequestContext};

/// A call for a kubelet.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    /// The node whose kubelet is asked; the pod is bound to it.
    pub node: Str,
    /// The pod's namespace.
    pub namespace: Str,
    /// The pod's name.
    pub pod: Str,
    /// The pod's uid: a kubelet does not take a new pod of the same name for the old one.
    pub uid: Str,
    /// Empty for port-forward.
    pub container: Str,
    /// Which of its streams.
    pub kind: ConnectKind,
}

/// What is asked of the kubelet, with the options of the request's query.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectKind {
    /// `pods/log`
    Log(LogOptions),
    /// `pods/exec` (`v1 PodExecOptions`)
    #[allow(missing_docs, reason = "the fields of PodExecOptions")]
    Exec { command: Vec<Str>, stdin: bool, stdout: bool, stderr: bool, tty: bool },
    /// `pods/attach` (`v1 PodAttachOptions`)
    #[allow(missing_docs, reason = "the fields of PodAttachOptions")]
    Attach { stdin: bool, stdout: bool, stderr: bool, tty: bool },
    /// `pods/portforward`
    PortForward {
        /// Of the query; empty where the client names each with its stream.
        ports: Vec<u16>,
    },
}

/// `v1 PodLogOptions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogOptions {
    /// Go on with what is written later.
    pub follow: bool,
    /// The log of the container's run before the present one.
    pub previous: bool,
    /// An RFC 3339 time before each line.
    pub timestamps: bool,
    /// Lines of the last so many seconds; greater than 0, and not with `since_time`.
    pub since_seconds: Option<i64>,
    /// Lines from this moment on.
    pub since_time: Option<api::Timestamp>,
    /// The last so many lines; 0 is none.
    pub tail_lines: Option<i64>,
    /// At most so many bytes; greater than 0.
    pub limit_bytes: Option<i64>,
}

impl ApiServer {
    pub(super) fn connect_log(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
    ) -> Result<Response, Status> {
        let object = self.stored(call)?;
        let pod: &Pod = object.view().ok_or_else(|| call.not_found())?;
        let options = log_options(call)?;
        let container = pick_container(pod, call.request.param("container"))?;
        open(cx, pod, container, ConnectKind::Log(options))
    }

    pub(super) fn connect(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let object = self.stored(call)?;
        let pod: &Pod = object.view().ok_or_else(|| call.not_found())?;
        let request = call.request;
        let (stdin, stdout, stderr, tty) =
            (request.flag("stdin"), request.flag("stdout"), request.flag("stderr"), request.flag("tty"));
        if call.info.subresource == "portforward" {
            let ports = request.query.iter().filter(|(key, _)| key == "ports");
            let ports =
                ports.flat_map(|(_, list)| list.split(',')).filter_map(|port| port.parse().ok()).collect();
            return open(cx, pod, Str::default(), ConnectKind::PortForward { ports });
        }
        let container = pick_container(pod, request.param("container"))?;
        if call.info.subresource == "attach" {
            return open(cx, pod, container, ConnectKind::Attach { stdin, stdout, stderr, tty });
        }
        let commands = request.query.iter().filter(|(key, _)| key == "command");
        let command: Vec<Str> = commands.map(|(_, word)| word.clone()).collect();
        if command.is_empty() {
            return Err(Status::bad_request("you must specify at least 1 command for the container"));
        }
        open(cx, pod, container, ConnectKind::Exec { command, stdin, stdout, stderr, tty })
    }
}

fn open(cx: &mut RequestContext, pod: &Pod, container: Str, kind: ConnectKind) -> Result<Response, Status> {
    if pod.spec.node_name.is_empty() {
        let name = &pod.metadata.name;
        return match kind {
            // LogLocation: "If pod has not been assigned a host, return an empty location."
            ConnectKind::Log(_) => Ok(Response::text(200, "")),
            _ => Err(Status::bad_request(format!("pod {name} does not have a host assigned"))),
        };
    }
    cx.opened = Some(Opened::Connect(Connect {
        node: pod.spec.node_name.clone(),
        namespace: pod.metadata.namespace.clone(),
        pod: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        container,
        kind,
    }));
    Ok(Response::ok(Body::Stream(StreamId(0))))
}

/// The container that the client names, or the only one. Mirrors validateContainer.
fn pick_container(pod: &Pod, wanted: &str) -> Result<Str, Status> {
    let name = &pod.metadata.name;
    let (spec, join) = (&pod.spec, |names: Vec<&str>| names.join(" "));
    let containers: Vec<&str> = spec.containers.iter().map(|c| c.name.as_str()).collect();
    let init: Vec<&str> = spec.init_containers.iter().map(|c| c.name.as_str()).collect();
    let ephemeral: Vec<&str> = spec.ephemeral_containers.iter().map(|c| c.name.as_str()).collect();
    if !wanted.is_empty() {
        let known = containers.iter().chain(&init).chain(&ephemeral).any(|container| *container == wanted);
        let why = || Status::bad_request(format!("container {wanted} is not valid for pod {name}"));
        return if known { Ok(wanted.into()) } else { Err(why()) };
    }
    match containers.as_slice() {
        [] => Err(Status::bad_request(format!("a container name must be specified for pod {name}"))),
        [only] => Ok((*only).into()),
        _ => {
            let mut why = format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                join(containers)
            );
            if !init.is_empty() {
                why.push_str(&format!(" or one of the init containers: [{}]", join(init)));
            }
            if !ephemeral.is_empty() {
                why.push_str(&format!(" or one of the ephemeral containers: [{}]", join(ephemeral)));
            }
            Err(Status::bad_request(why))
        }
    }
}

/// Reads and validates `PodLogOptions` (ValidatePodLogOptions).
fn log_options(call: &Call) -> Result<LogOptions, Status> {
    let request = call.request;
    let number = |key: &str| request.param(key).parse::<i64>().ok();
    let options = LogOptions {
        follow: request.flag("follow"),
        previous: request.flag("previous"),
        timestamps: request.flag("timestamps"),
        since_seconds: number("sinceSeconds"),
        since_time: api::Timestamp::parse(request.param("sinceTime")),
        tail_lines: number("tailLines"),
        limit_bytes: number("limitBytes"),
    };
    let mut errors = Vec::new();
    let at_least = |limit: i64| format!("must be greater than or equal to {limit}");
    if let Some(lines) = options.tail_lines.filter(|lines| *lines < 0) {
        errors.push(Error::invalid(&Path::new("tailLines"), lines, &at_least(0)));
    }
    if let Some(bytes) = options.limit_bytes.filter(|bytes| *bytes < 1) {
        errors.push(Error::invalid(&Path::new("limitBytes"), bytes, "must be greater than 0"));
    }
    if options.since_seconds.is_some() && options.since_time.is_some() {
        let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
        errors.push(Error::forbidden(&Path::new(""), why));
    } else if let Some(seconds) = options.since_seconds.filter(|seconds| *seconds < 1) {
        errors.push(Error::invalid(&Path::new("sinceSeconds"), seconds, "must be greater than 0"));
    }
    if errors.is_empty() {
        return Ok(options);
    }
    Err(Status::invalid(&Gvk::of("", "v1", "PodLogOptions"), call.info.name, &errors.into()))
}
