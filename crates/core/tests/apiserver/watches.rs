//! Watches: from a revision, by selector, as tables, with bookmarks and expiry.

use super::fixture::*;
use api::Duration;
use serde_json::json;

fn labelled(name: &str, app: &str) -> api::Json {
    let mut map = config_map(name);
    map["metadata"]["labels"] = json!({"app": app});
    map
}

#[test]
fn a_watch_tells_what_follows_its_revision() {
    let mut server = Server::new();
    let made = server.post(CONFIG_MAPS, config_map("a"));
    let version = text(&made, "/metadata/resourceVersion").to_owned();
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={version}"));
    assert_eq!(server.seen(&mut watch), "");
    server.merge(&format!("{CONFIG_MAPS}/a"), json!({"data": {"b": "2"}}));
    server.post(PODS, pod("other"));
    server.delete(&format!("{CONFIG_MAPS}/a"), json!({}));
    assert_eq!(server.seen(&mut watch), "MODIFIED a, DELETED a");
    assert_eq!(server.seen(&mut watch), "");
}

#[test]
fn without_a_revision_what_exists_comes_first() {
    let mut server = Server::new();
    server.post(CONFIG_MAPS, config_map("a"));
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=1"));
    server.post(CONFIG_MAPS, config_map("b"));
    assert_eq!(server.seen(&mut watch), "ADDED a, ADDED b");
    let query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?{query}"));
    let events = server.api.poll_watch(server.now, &mut watch);
    let last = events.last().map(|event| event.to_json()).unwrap_or_default();
    assert_eq!(text(&last, "/type"), "BOOKMARK");
    assert_eq!(last["object"]["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}));
}

#[test]
fn selectors_turn_changes_into_arrivals_and_departures() {
    let mut server = Server::new();
    server.post(CONFIG_MAPS, labelled("a", "web"));
    let revision = server.api.storage().revision();
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={revision}&labelSelector=app%3Ddb"));
    server.merge(&format!("{CONFIG_MAPS}/a"), json!({"metadata": {"labels": {"app": "db"}}}));
    server.merge(&format!("{CONFIG_MAPS}/a"), json!({"data": {"x": "y"}}));
    server.merge(&format!("{CONFIG_MAPS}/a"), json!({"metadata": {"labels": {"app": "web"}}}));
    assert_eq!(server.seen(&mut watch), "ADDED a, MODIFIED a, DELETED a");
}

#[test]
fn compacted_revisions_are_gone() {
    let mut server = Server::new();
    server.post(CONFIG_MAPS, config_map("a"));
    server.pass(600);
    server.post(CONFIG_MAPS, config_map("b"));
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion=1"));
    server.api.compact(server.now, Duration::secs(300));
    let events = server.api.poll_watch(server.now, &mut watch);
    assert_eq!(events.len(), 1);
    let event = events[0].to_json();
    assert_eq!((text(&event, "/type"), text(&event, "/object/reason")), ("ERROR", "Expired"));
    assert_eq!(text(&event, "/object/message"), "too old resource version: 1 (4)");
    assert!(watch.is_closed());
}

#[test]
fn quiet_watches_get_bookmarks_and_end_when_asked_to() {
    let mut server = Server::new();
    let query = "watch=1&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=90";
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?{query}"));
    server.pass(61);
    assert_eq!(server.seen(&mut watch), "BOOKMARK -");
    assert!(!watch.is_closed());
    server.pass(30);
    server.seen(&mut watch);
    assert!(watch.is_closed());
}
