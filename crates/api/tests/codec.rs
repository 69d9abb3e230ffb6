//! Every built-in kind survives encoding and decoding, and mismatches are told in Go's words.

use kubarium_api as api;

use api::core::v1::{Pod, Service};
use api::meta::codec::{Message, encode_message};
use api::meta::gvk::Gvk;
use api::meta::schema::{Type, TypeInfo};
use api::{Json, KINDS, Kind, Object, Timestamp, kind_info};
use serde_json::json;

/// A value of the type, not empty, with everything filled down to a depth.
fn sample(ty: &Type, depth: u32) -> Json {
    match ty {
        Type::String | Type::Enum(_) => json!("text"),
        Type::Int32 | Type::Int64 => json!(7),
        Type::Float64 => json!(1.5),
        Type::Bool => json!(true),
        Type::Bytes => json!("Zm9v"),
        Type::Time => json!("2026-01-02T03:04:05Z"),
        Type::MicroTime => json!("2026-01-02T03:04:05.000006Z"),
        Type::Quantity => json!("1500m"),
        Type::IntOrString => json!("25%"),
        Type::Any | Type::MessageOrAny(_) => json!({"any": ["thing", 1]}),
        Type::List(item) => json!([sample(item, depth), sample(item, depth)]),
        Type::Map(item) => json!({"key": sample(item, depth)}),
        Type::Message(info) => sample_message(info, depth),
    }
}

fn sample_message(info: &TypeInfo, depth: u32) -> Json {
    let mut map = api::JsonMap::new();
    if let Some(name) = info.gvk {
        map.insert("kind".into(), json!(name.kind));
        map.insert("apiVersion".into(), json!(name.gvk().api_version().as_str()));
    }
    for field in info.fields {
        let is_struct =
            matches!(field.ty, Type::Message(_) | Type::List(Type::Message(_)) | Type::Map(Type::Message(_)));
        if depth > 0 || !is_struct || !field.omit {
            map.insert(field.name.into(), sample(&field.ty, depth.saturating_sub(1)));
        }
    }
    Json::Object(map)
}

#[test]
fn every_kind_round_trips() {
    for kind in KINDS {
        let json = sample_message(kind.info, 5);
        let object = (kind.decode)(&json).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let encoded = object.to_json();
        // Structs without pointers below the depth are written even when empty, so compare what was given.
        assert_eq!(without_empty(encoded.clone()), without_empty(json), "{kind:?}");
        assert_eq!((kind.decode)(&encoded).unwrap(), object, "{kind:?}");
        assert_eq!(object.gvk(), &kind.name.gvk());
    }
}

fn without_empty(json: Json) -> Json {
    match json {
        Json::Object(map) => Json::Object(
            map.into_iter()
                .map(|(key, value)| (key, without_empty(value)))
                .filter(|(_, value)| !value.is_null() && *value != json!({}))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(without_empty).collect()),
        other => other,
    }
}

#[test]
fn empty_objects_write_what_go_writes() {
    let empty = |group: &str, version: &str, kind: &str| {
        let info = kind_info(&Gvk::new(group, version, kind)).unwrap();
        (info.decode)(&json!({})).unwrap().to_json().to_string()
    };
    assert_eq!(
        empty("", "v1", "Pod"),
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{},"spec":{"containers":null},"status":{}}"#
    );
    assert_eq!(
        empty("", "v1", "Service"),
        r#"{"kind":"Service","apiVersion":"v1","metadata":{},"spec":{},"status":{"loadBalancer":{}}}"#
    );
    assert_eq!(
        empty("apps", "v1", "Deployment"),
        r#"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{},"spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"status":{}}"#
    );
    assert_eq!(empty("", "v1", "ConfigMap"), r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}"#);
    assert_eq!(
        empty("", "v1", "Event"),
        r#"{"kind":"Event","apiVersion":"v1","metadata":{},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}"#
    );
}

#[test]
fn mismatches_are_told_in_gos_words() {
    let service = |spec: Json| Service::decode(&json!({"spec": spec})).unwrap_err().message;
    assert_eq!(
        service(json!({"ports": [{"port": "80 // http"}]})),
        "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32"
    );
    assert_eq!(
        service(json!({"ports": [{"port": 1.5}]})),
        "json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of type int32"
    );
    let pod = |json: Json| Pod::decode(&json).unwrap_err().message;
    assert_eq!(
        pod(json!({"spec": {"containers": {"name": "a"}}})),
        "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"
    );
    assert_eq!(
        pod(json!({"metadata": {"labels": {"a": true}}})),
        "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"
    );
    assert_eq!(
        pod(json!({"spec": {"containers": [{"imagePullPolicy": 1}]}})),
        "json: cannot unmarshal number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy"
    );
    assert_eq!(pod(json!([])), "json: cannot unmarshal array into Go value of type v1.Pod");
    assert_eq!(
        pod(json!({"spec": {"containers": [{"resources": {"limits": {"cpu": "1x"}}}]}})),
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    );
    assert_eq!(
        pod(json!({"metadata": {"creationTimestamp": "today"}})),
        "parsing time \"today\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"today\" as \"2006\""
    );
}

#[test]
fn opaque_parts_are_checked_and_ordered_like_structs() {
    let volume = json!({"name": "v", "iscsi": {"lun": 1, "bogus": 1, "targetPortal": "p", "iqn": "i", "readOnly": true}});
    let pod = Pod::decode(&json!({"spec": {"volumes": [volume]}})).unwrap();
    assert_eq!(
        pod.spec.volumes[0].iscsi.json().to_string(),
        r#"{"targetPortal":"p","iqn":"i","lun":1,"readOnly":true}"#
    );
    let bad = json!({"spec": {"volumes": [{"iscsi": {"lun": "one"}}]}});
    assert_eq!(
        Pod::decode(&bad).unwrap_err().message,
        "json: cannot unmarshal string into Go struct field ISCSIVolumeSource.spec.volumes.iscsi.lun of type int32"
    );
}

#[test]
fn objects_have_two_faces() {
    let mut pod = Pod::default();
    pod.metadata.name = "a".into();
    pod.metadata.creation_timestamp = Timestamp::from_secs(1_767_323_045);
    let object = Object::of(pod.clone());
    assert_eq!(object.view::<Pod>(), Some(&pod));
    assert!(object.view::<Service>().is_none());
    assert_eq!(object.json()["metadata"]["creationTimestamp"], "2026-01-02T03:04:05Z");
    let moved = object.with_meta(|meta| meta.namespace = "ns".into());
    assert_eq!(moved.key().to_string(), "ns/a");
    assert_eq!(moved.view::<Pod>().map(|pod| pod.metadata.namespace.as_str()), Some("ns"));
    assert_ne!(moved, object);
    assert_eq!(encode_message(&pod), *object.json());
    assert_eq!(pod.info().go, "Pod");
}
