//! The serviceaccount controller: every active namespace has the account `default`.
//! Upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go.

use api::core::v1::{Namespace, ServiceAccount};
use api::meta::v1::ObjectMeta;
use api::{Key, Status};

use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Cx;
use crate::client::{Change, Operation};

/// See the module's documentation. Keys are namespaces.
pub struct ServiceAccountController;

impl Controller for ServiceAccountController {
    fn name(&self) -> &'static str {
        "service-account-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] =
            &[Watch::on::<Namespace>(own_key), Watch::on::<ServiceAccount>(namespace_of_deleted)];
        WATCHES
    }

    fn workers(&self) -> u32 {
        1
    }

    fn sync(&mut self, cx: &mut Cx, _work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        if !is_active(cx, key) || cx.lister::<ServiceAccount>().get(&key.name, "default").is_some() {
            return Ok(Outcome::Done);
        }
        let metadata = ObjectMeta::named(&key.name, "default");
        match cx.create(ServiceAccount { metadata, ..Default::default() }) {
            Err(error) if !error.is_already_exists() && !error.has_cause("NamespaceTerminating") => {
                Err(error)
            }
            _ => Ok(Outcome::Done),
        }
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(ServiceAccountController)
    }
}

/// True if the namespace exists and is not going away.
pub(super) fn is_active(cx: &Cx, key: &Key) -> bool {
    let namespace = cx.lister::<Namespace>().get_key(key);
    namespace.is_some_and(|ns| {
        !ns.meta().is_deleting() && ns.view::<Namespace>().is_some_and(|ns| ns.status.phase == "Active")
    })
}

/// The namespace of an object that was deleted.
fn namespace_of_deleted(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if change.operation == Operation::Delete {
        keys.push(Key::cluster(&change.key.namespace));
    }
}
