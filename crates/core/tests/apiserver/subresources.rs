//! Binding, logs and exec: what the server decides before a kubelet is asked.

use super::fixture::*;
use api::http::{Body, Request};
use kubarium_core::apiserver::Opened;
use kubarium_core::apiserver::connect::ConnectKind;
use serde_json::json;

fn two_containers(server: &mut Server) {
    let containers = json!([{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]);
    server.post(PODS, json!({"metadata": {"name": "p"}, "spec": {"containers": containers}}));
}

fn bind(server: &mut Server) -> String {
    let target = json!({"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}});
    server.told(Request::post(&format!("{PODS}/p/binding"), Body::json(target)))
}

#[test]
fn a_pod_is_bound_once() {
    let mut server = Server::new();
    two_containers(&mut server);
    assert_eq!(bind(&mut server), "201 ");
    let bound = server.get(&format!("{PODS}/p"));
    assert_eq!(text(&bound, "/spec/nodeName"), "n1");
    assert_eq!(text(&bound, "/status/conditions/0/type"), "PodScheduled");
    assert_eq!(
        bind(&mut server),
        "409 Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n1\""
    );
}

#[test]
fn logs_need_a_container() {
    let mut server = Server::new();
    two_containers(&mut server);
    bind(&mut server);
    let log = |query: &str| Request::get(&format!("{PODS}/p/log{query}"));
    assert_eq!(
        server.told(log("")),
        "400 a container name must be specified for pod p, choose one of: [a b]"
    );
    assert_eq!(server.told(log("?container=z")), "400 container z is not valid for pod p");
    assert_eq!(server.told(Request::get(&format!("{PODS}/q/log"))), "404 pods \"q\" not found");
    assert_eq!(server.ask(log("?container=b&tailLines=5&follow=true")).status, 200);
    let Some(Opened::Connect(connect)) = server.opened.take() else { panic!("no connection was opened") };
    assert_eq!((connect.node.as_str(), connect.container.as_str()), ("n1", "b"));
    let ConnectKind::Log(options) = connect.kind else { panic!("not a log: {:?}", connect.kind) };
    assert_eq!((options.follow, options.tail_lines), (true, Some(5)));
}

#[test]
fn exec_names_its_command() {
    let mut server = Server::new();
    server.post(PODS, pod("p"));
    bind(&mut server);
    let exec = Request::post(&format!("{PODS}/p/exec?command=ls&command=-l&stdout=true"), Body::Empty);
    assert_eq!(server.ask(exec).status, 200);
    let Some(Opened::Connect(connect)) = server.opened.take() else { panic!("no connection was opened") };
    let ConnectKind::Exec { command, stdin, stdout, .. } = connect.kind else { panic!("not an exec") };
    assert_eq!((command.join(" ").as_str(), stdin, stdout), ("ls -l", false, true));
    assert_eq!(
        server.told(Request::post(&format!("{PODS}/p/exec"), Body::Empty)),
        "400 you must specify at least 1 command for the container"
    );
}
