//! Stand-ins for the cluster's own programs. Their work is done by the simulator's components; what is here listens on
//! their ports, answers health checks, and shows their first log lines.

use std::net::IpAddr;

use os::net::http::{Request, Response};
use os::{Program, Sys};

use super::server::{Answer, App, Server, complain, http_date, say};

#[derive(Clone, Debug)]
struct System {
    ports: &'static [u16],
    /// What it prints when it starts.
    banner: &'static str,
}

fn system(ports: &'static [u16], banner: &'static str) -> Box<dyn Program> {
    Server::boxed(System { ports, banner })
}

/// CoreDNS; names are resolved by `network::dns`.
pub fn coredns() -> Box<dyn Program> {
    system(
        &[53, 8080, 8181, 9153],
        ".:53\n[INFO] plugin/reload: Running configuration SHA512 = \
         c0af6acba93e75312d34dc3f6c44bf8573acff497d229202a4a49405ad5d8266c556ca6f83ba0c9e74088593095f714ba5b916d197aa693d6120af8451160b80\n\
         CoreDNS-1.13.1\nlinux/amd64, go1.25.2, 1db4568\n",
    )
}
/// kube-proxy; its rules are `network::proxy`.
pub fn kube_proxy() -> Box<dyn Program> {
    system(
        &[10249, 10256],
        "\"Using iptables Proxier\" ipFamily=\"IPv4\"\n\"Version info\" version=\"v1.36.1\"\n\"Starting service config controller\"\n\"Starting endpoint slice config controller\"\n\"Starting node config controller\"\n",
    )
}
/// etcd; what it holds is `store`.
pub fn etcd() -> Box<dyn Program> {
    system(&[2379, 2380, 2381], "{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}\n")
}
/// kube-apiserver; what it does is `apiserver`.
pub fn kube_apiserver() -> Box<dyn Program> {
    system(&[6443], "\"Version\" version=\"v1.36.1\"\n\"Serving securely\" address=\"[::]:6443\"\n")
}
/// kube-controller-manager; what it does is `controllers`.
pub fn kube_controller_manager() -> Box<dyn Program> {
    system(
        &[10257],
        "\"Starting\" version=\"v1.36.1\"\n\"successfully acquired lease\" lease=\"kube-system/kube-controller-manager\"\n",
    )
}
/// kube-scheduler; what it does is `scheduler`.
pub fn kube_scheduler() -> Box<dyn Program> {
    system(
        &[10259],
        "\"Starting Kubernetes Scheduler\" version=\"v1.36.1\"\n\"successfully acquired lease\" lease=\"kube-system/kube-scheduler\"\n",
    )
}
/// metrics-server, which measures nothing here.
pub fn metrics_server() -> Box<dyn Program> {
    system(&[10250], "\"Serving securely\" address=\"[::]:10250\"\n")
}
/// ingress-nginx, which routes nothing here.
pub fn ingress_nginx() -> Box<dyn Program> {
    system(&[80, 443, 10254], "NGINX Ingress controller\n  Release:       v1.13.2\n")
}
/// Any other: it only stays up.
pub fn other() -> Box<dyn Program> {
    system(&[], "")
}

impl App for System {
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8> {
        let head = os::time::strftime("I%m%d %H:%M:%S.000000       1 ", sys.now());
        for line in self.banner.lines() {
            // klog's head goes before klog's lines.
            if line.starts_with('"') {
                complain(sys, &format!("{head}{line}\n"))
            } else {
                say(sys, &format!("{line}\n"))
            }
        }
        Ok(self.ports.to_vec())
    }

    fn answer(&mut self, sys: &mut Sys, request: &Request, _peer: IpAddr) -> Answer {
        let date = http_date(sys);
        let known = ["/health", "/healthz", "/livez", "/ready", "/readyz"];
        Answer::Now(match request.path() {
            path if known.contains(&path) => Response::new(200, "OK").header("Date", date),
            "/metrics" => Response::new(200, "# HELP up Whether the process is up.\n# TYPE up gauge\nup 1\n")
                .header("Date", date),
            _ => Response::new(404, "404 page not found\n").header("Date", date),
        })
    }

    fn clone_app(&self) -> Box<dyn App> {
        Box::new(self.clone())
    }
}
