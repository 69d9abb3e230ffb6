//! Probes and lifecycle hooks.

use api::core::v1::{Container, ExecAction, HTTPGetAction, LifecycleHandler, Probe, SleepAction};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{IntOrString, Json};

use super::{complain, nonnegative};

/// Mirrors the hooks' and probes' part of validateContainers.
pub fn validate_lifecycle_and_probes(
    container: &Container,
    grace_period: Option<i64>,
    path: &Path,
    errors: &mut ErrorList,
) {
    if let Some(lifecycle) = &container.lifecycle {
        let at = path.child("lifecycle");
        for (name, handler) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
            if let Some(handler) = handler {
                Handler::of_lifecycle(handler).validate(grace_period, &at.child(name), errors);
            }
        }
    }
    for (name, probe) in [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ] {
        let Some(probe) = probe else { continue };
        let at = path.child(name);
        validate_probe(probe, grace_period, &at, errors);
        if name == "readinessProbe" {
            if let Some(seconds) = probe.termination_grace_period_seconds {
                let why = "must not be set for readinessProbes";
                errors.push(Error::invalid(&at.child("terminationGracePeriodSeconds"), seconds, why));
            }
        } else if probe.success_threshold != 1 {
            errors.push(Error::invalid(&at.child("successThreshold"), probe.success_threshold, "must be 1"));
        }
    }
}

fn validate_probe(probe: &Probe, grace_period: Option<i64>, path: &Path, errors: &mut ErrorList) {
    Handler::of_probe(probe).validate(grace_period, path, errors);
    for (name, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        nonnegative(errors, &path.child(name), i64::from(value));
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        errors.push(Error::invalid(
            &path.child("terminationGracePeriodSeconds"),
            seconds,
            "must be greater than 0",
        ));
    }
}

/// What a probe or a hook does: exactly one of these.
#[derive(Default)]
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_port: Option<&'a IntOrString>,
    grpc_port: Option<i32>,
    sleep: Option<&'a SleepAction>,
}

impl<'a> Handler<'a> {
    fn of_probe(probe: &'a Probe) -> Handler<'a> {
        Handler {
            exec: probe.exec.as_deref(),
            http_get: probe.http_get.as_deref(),
            tcp_port: probe.tcp_socket.as_ref().map(|socket| &socket.port),
            grpc_port: probe.grpc.as_ref().map(|grpc| grpc.port),
            sleep: None,
        }
    }

    fn of_lifecycle(handler: &'a LifecycleHandler) -> Handler<'a> {
        Handler {
            exec: handler.exec.as_deref(),
            http_get: handler.http_get.as_deref(),
            tcp_port: handler.tcp_socket.as_ref().map(|socket| &socket.port),
            grpc_port: None,
            sleep: handler.sleep.as_deref(),
        }
    }

    fn validate(&self, grace_period: Option<i64>, path: &Path, errors: &mut ErrorList) {
        let given = [
            ("exec", self.exec.is_some()),
            ("httpGet", self.http_get.is_some()),
            ("tcpSocket", self.tcp_port.is_some()),
            ("grpc", self.grpc_port.is_some()),
            ("sleep", self.sleep.is_some()),
        ];
        let mut names = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
        let Some(first) = names.next() else {
            errors.push(Error::required(path, "must specify a handler type"));
            return;
        };
        self.validate_one(first, grace_period, &path.child(first), errors);
        for name in names {
            errors.push(Error::forbidden(&path.child(name), "may not specify more than 1 handler type"));
        }
    }

    fn validate_one(&self, name: &str, grace_period: Option<i64>, path: &Path, errors: &mut ErrorList) {
        match (name, self) {
            ("exec", Handler { exec: Some(exec), .. }) if exec.command.is_empty() => {
                errors.push(Error::required(&path.child("command"), ""));
            }
            ("httpGet", Handler { http_get: Some(http), .. }) => validate_http_get(http, path, errors),
            ("tcpSocket", Handler { tcp_port: Some(port), .. }) => {
                validate_port(port, &path.child("port"), errors)
            }
            ("grpc", Handler { grpc_port: Some(port), .. }) => {
                complain(errors, &path.child("port"), *port, names::is_valid_port_num(*port));
            }
            ("sleep", Handler { sleep: Some(sleep), .. }) => {
                if let Some(grace) = grace_period.filter(|grace| sleep.seconds < 0 || sleep.seconds > *grace)
                {
                    let why =
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    errors.push(Error::invalid(path, sleep.seconds, &why));
                }
            }
            _ => {}
        }
    }
}

fn validate_http_get(http: &HTTPGetAction, path: &Path, errors: &mut ErrorList) {
    if http.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    validate_port(&http.port, &path.child("port"), errors);
    if http.scheme != "HTTP" && http.scheme != "HTTPS" {
        errors.push(Error::not_supported(&path.child("scheme"), &http.scheme, &["HTTP", "HTTPS"]));
    }
    for header in &http.http_headers {
        complain(errors, &path.child("httpHeaders"), &header.name, names::is_http_header_name(&header.name));
    }
}

/// A port's number or the name of a container's port (`ValidatePortNumOrName`).
fn validate_port(port: &IntOrString, path: &Path, errors: &mut ErrorList) {
    let complaints = match port {
        IntOrString::Int(number) => names::is_valid_port_num(*number),
        IntOrString::String(name) => names::is_valid_port_name(name),
    };
    complain(errors, path, Json::from(port), complaints);
}
