//! Programs of simulated images, beside the coreutils that every machine has.
//!
//! Most are small HTTP servers: an [`server::App`] that answers requests, run by one common event loop.

pub mod apps;
pub mod kuard;
pub mod nginx;
pub mod scripts;
pub mod server;
pub mod simple;
pub mod system;

use os::{ProgramSpec, ProgramTable, Start};

/// A program that runs inside the machine.
const fn inside(name: &'static str, help: &'static str, start: fn() -> Box<dyn os::Program>) -> ProgramSpec {
    ProgramSpec { name, help, start: Start::Inside(start) }
}

/// All of them; a program's file in an image is `os::program_file(name)`.
pub const TABLE: ProgramTable = &[PROGRAMS];

const PROGRAMS: &[ProgramSpec] = &[
    inside("nginx", "nginx: web server", nginx::start),
    inside("httpd-foreground", "Apache HTTP server", apps::httpd),
    inside("kuard", "kuard: demo application of \"Kubernetes: Up and Running\"", kuard::start),
    inside("kubia", "node app.js: demo application of \"Kubernetes in Action\"", apps::kubia),
    inside("hello-app", "hello-app: prints host name and version", apps::hello_app),
    inside("http-echo", "http-echo: answers every request with -text", apps::http_echo),
    inside("echoserver", "echoserver: shows the request", apps::echoserver),
    inside("whoami", "whoami: shows host and request", apps::whoami),
    inside("agnhost", "agnhost: Kubernetes' test image", apps::agnhost),
    inside("webserver", "a web server that answers every path", apps::webserver),
    inside("pause", "pause: waits for a signal", simple::pause),
    inside("daemon", "a server that listens on a TCP port and waits", simple::daemon),
    inside("stress", "stress: uses CPU and memory", simple::stress),
    inside("coredns", "coredns: part of the cluster", system::coredns),
    inside("kube-proxy", "kube-proxy: part of the cluster", system::kube_proxy),
    inside("etcd", "etcd: part of the cluster", system::etcd),
    inside("kube-apiserver", "kube-apiserver: part of the cluster", system::kube_apiserver),
    inside(
        "kube-controller-manager",
        "kube-controller-manager: part of the cluster",
        system::kube_controller_manager,
    ),
    inside("kube-scheduler", "kube-scheduler: part of the cluster", system::kube_scheduler),
    inside("metrics-server", "metrics-server: part of the cluster", system::metrics_server),
    inside(
        "nginx-ingress-controller",
        "nginx-ingress-controller: part of the cluster",
        system::ingress_nginx,
    ),
    inside("go-runner", "go-runner: part of the cluster", system::other),
    inside("hello", "hello: prints a greeting", scripts::hello),
    inside("perl", "perl: prints digits of pi", scripts::perl),
    inside("python3", "python3 -m http.server: serves the files of a directory", scripts::python),
];
