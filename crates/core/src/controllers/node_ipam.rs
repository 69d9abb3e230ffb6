//! The node IPAM controller: gives each node a range of pod addresses, as kubeadm clusters do (`--allocate-node-cidrs`,
//! `--cluster-cidr=10.244.0.0/16`, a /24 for each node). Upstream: pkg/controller/nodeipam.
//!
//! Unlike upstream the ranges do not end at 256 nodes: they go on in free parts of 10.0.0.0/8.

use api::core::v1::Node;
use api::{Key, Status, Str};
use collections::OrdMap;
use serde_json::json;

use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Change;
use crate::client::Cx;

/// Second octets of the ranges: 10.244 first; 10.96.0.0/12 belongs to Services.
const OCTETS: [std::ops::RangeInclusive<u32>; 2] = [244..=255, 1..=95];

/// See the module's documentation. Keys are nodes.
#[derive(Clone, Default)]
pub struct NodeIpamController {
    /// Range number → node.
    used: OrdMap<u32, Str>,
    next: u32,
}

impl Controller for NodeIpamController {
    fn name(&self) -> &'static str {
        "node-ipam-controller"
    }

    fn service_account(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Node>(own_key)];
        WATCHES
    }

    fn observe(&mut self, _cx: &Cx, change: &Change) {
        let old = change
            .previous
            .as_ref()
            .and_then(|object| object.view::<Node>())
            .and_then(|node| number(&node.spec.pod_cidr));
        let new = change
            .object
            .as_ref()
            .and_then(|object| object.view::<Node>())
            .and_then(|node| number(&node.spec.pod_cidr));
        if let Some(old) = old
            && new != Some(old)
        {
            self.used.remove(&old);
        }
        if let Some(new) = new {
            self.used.insert(new, change.key.name.clone());
        }
    }

    fn workers(&self) -> u32 {
        30
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(node) = cx.lister::<Node>().get_key(key) else { return Ok(Outcome::Done) };
        if node.view::<Node>().is_none_or(|node| !node.spec.pod_cidr.is_empty()) {
            return Ok(Outcome::Done);
        }
        let Some(number) = self.allocate(&key.name) else {
            let message = format!("Node {} status is now: CIDRNotAvailable", key.name);
            work.events.event(cx, &node, "Normal", "CIDRNotAvailable", message);
            return Err(Status::internal_error(
                "CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range",
            ));
        };
        let range = cidr(number);
        let patch = json!({ "spec": { "podCIDR": range, "podCIDRs": [range] } });
        let result = cx.patch::<Node>("", &key.name, "", "application/strategic-merge-patch+json", patch);
        if let Err(error) = result {
            self.used.remove(&number);
            return if error.is_not_found() { Ok(Outcome::Done) } else { Err(error) };
        }
        Ok(Outcome::Done)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl NodeIpamController {
    /// The next free range, beginning after the last one given out.
    fn allocate(&mut self, node: &Str) -> Option<u32> {
        let total = total();
        let number = (0..total).map(|n| (self.next + n) % total).find(|n| !self.used.contains_key(n))?;
        self.next = (number + 1) % total;
        self.used.insert(number, node.clone());
        Some(number)
    }
}

fn total() -> u32 {
    OCTETS.iter().map(|octets| octets.clone().count() as u32 * 256).sum()
}

/// "10.244.3.0/24" for 3.
fn cidr(number: u32) -> String {
    let second = OCTETS.iter().flat_map(Clone::clone).nth(number as usize / 256).unwrap_or(244);
    format!("10.{second}.{}.0/24", number % 256)
}

/// 3 for "10.244.3.0/24"; `None` for a range that this controller does not give out.
fn number(cidr: &str) -> Option<u32> {
    let mut parts = cidr.strip_suffix(".0/24")?.split('.').map(|part| part.parse::<u32>().ok());
    let (10, second, third) = (parts.next()??, parts.next()??, parts.next()??) else { return None };
    let index = OCTETS.iter().flat_map(Clone::clone).position(|octet| octet == second)?;
    (third < 256).then_some(index as u32 * 256 + third)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_given_out_in_order_and_read_back() {
        for (n, text) in [
            (0, "10.244.0.0/24"),
            (255, "10.244.255.0/24"),
            (256, "10.245.0.0/24"),
            (12 * 256, "10.1.0.0/24"),
        ] {
            assert_eq!(cidr(n), text);
            assert_eq!(number(text), Some(n));
        }
        assert_eq!(number("192.168.0.0/24"), None);
        let mut ipam = NodeIpamController::default();
        let mut give = || ipam.allocate(&"n".into());
        assert_eq!((give(), give()), (Some(0), Some(1)));
    }
}
