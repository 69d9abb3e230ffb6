//! The root CA publisher: every active namespace has the ConfigMap `kube-root-ca.crt`, which pods mount beside their
//! token. Upstream: pkg/controller/certificates/rootcacertpublisher.

use api::core::v1::{ConfigMap, Namespace};
use api::meta::v1::ObjectMeta;
use api::{Key, Status};

use super::service_account::is_active;
use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Change;
use crate::client::Cx;

const NAME: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
const DESCRIPTION_TEXT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
    endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
    distributions of Kubernetes clusters.";
/// The simulated cluster's authority: a certificate made once for this purpose. Its key comes from its name, so that
/// `openssl s_client` can show server certificates which it signed (os/src/bin/openssl/client.rs).
const ROOT_CA: &str = include_str!("root_ca.crt");

/// See the module's documentation. Keys are namespaces.
pub struct RootCaPublisher;

impl Controller for RootCaPublisher {
    fn name(&self) -> &'static str {
        "root-ca-certificate-publisher-controller"
    }

    fn service_account(&self) -> &'static str {
        "root-ca-cert-publisher"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Namespace>(own_key), Watch::on::<ConfigMap>(of_config_map)];
        WATCHES
    }

    fn workers(&self) -> u32 {
        1
    }

    fn sync(&mut self, cx: &mut Cx, _work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        if is_active(cx, key) { publish(cx, &key.name) } else { Ok(()) }.map(|()| Outcome::Done)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(RootCaPublisher)
    }
}

/// The published ConfigMap, changed or deleted by somebody, is put right.
fn of_config_map(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if change.key.name == NAME && change.previous.is_some() {
        keys.push(Key::cluster(&change.key.namespace));
    }
}

fn publish(cx: &mut Cx, namespace: &str) -> Result<(), Status> {
    let present = cx.lister::<ConfigMap>().get(namespace, NAME);
    let Some(present) = present.as_ref().and_then(|object| object.view::<ConfigMap>()) else {
        let mut metadata = ObjectMeta::named(namespace, NAME);
        metadata.annotations.insert(DESCRIPTION.into(), DESCRIPTION_TEXT.into());
        let mut config_map = ConfigMap { metadata, ..Default::default() };
        config_map.data.insert("ca.crt".into(), ROOT_CA.into());
        return match cx.create(config_map) {
            Err(error) if !error.is_not_found() && !error.has_cause("NamespaceTerminating") => Err(error),
            _ => Ok(()),
        };
    };
    let right = present.data.len() == 1 && present.data.get("ca.crt").is_some_and(|ca| *ca == ROOT_CA);
    if right && !present.metadata.annotation(DESCRIPTION).is_empty() {
        return Ok(());
    }
    let mut config_map = present.clone();
    config_map.data = [("ca.crt".into(), ROOT_CA.into())].into();
    config_map.metadata.annotations.insert(DESCRIPTION.into(), DESCRIPTION_TEXT.into());
    cx.update(config_map).map(|_| ())
}
