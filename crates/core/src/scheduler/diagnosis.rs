//! Why no node was found, in upstream's words: "0/3 nodes are available: …". Upstream: FitError in
//! pkg/scheduler/framework/types.go; the part about preemption is plugins/defaultpreemption's and
//! framework/preemption's.

use api::Str;
use api::core::v1::Pod;
use collections::{OrdMap, StableSort};

use super::framework::Refusal;

/// One node's refusal, with the plugin it is from.
#[derive(Clone, Debug)]
pub struct NodeRefusal {
    /// The node's name.
    pub node: Str,
    /// The plugin's name.
    pub plugin: &'static str,
    /// Its reasons.
    pub refusal: Refusal,
    /// True if the node has pods of a lower priority than the incoming pod's.
    pub has_victims: bool,
}

/// What a cycle found out about a pod that fits nowhere.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// Nodes in the cluster.
    pub total: usize,
    /// One for each node that was looked at.
    pub refusals: Vec<NodeRefusal>,
}

impl Diagnosis {
    /// The plugins that refused a node, each once.
    pub fn rejected_by(&self) -> Vec<&'static str> {
        let mut plugins: Vec<&'static str> = self.refusals.iter().map(|refusal| refusal.plugin).collect();
        plugins.stable_sort();
        plugins.dedup();
        plugins
    }

    /// The message of the FailedScheduling event and of the PodScheduled condition.
    pub fn message(&self, pod: &Pod) -> String {
        if self.total == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let reasons =
            self.refusals.iter().flat_map(|refusal| refusal.refusal.reasons.iter().map(String::as_str));
        let reasons = not_available(self.total, reasons);
        format!("{reasons} no new claims to deallocate, preemption: {}", self.preemption(pod))
    }

    /// Why making room by removing pods does not help.
    fn preemption(&self, pod: &Pod) -> String {
        if pod.spec.preemption_policy.as_deref() == Some("Never") {
            return "not eligible due to preemptionPolicy=Never.".to_owned();
        }
        let reasons = self.refusals.iter().flat_map(|node| -> Vec<&str> {
            if node.refusal.unresolvable {
                vec!["Preemption is not helpful for scheduling"]
            } else if node.has_victims {
                node.refusal.reasons.iter().map(String::as_str).collect()
            } else {
                vec!["No preemption victims found for incoming pod"]
            }
        });
        not_available(self.total, reasons)
    }
}

/// "0/3 nodes are available: 1 reason, 2 other reason."
fn not_available<'a>(total: usize, reasons: impl Iterator<Item = &'a str>) -> String {
    let mut histogram: OrdMap<&str, usize> = OrdMap::new();
    for reason in reasons {
        *histogram.entry(reason).or_insert(0) += 1;
    }
    let mut counted: Vec<String> =
        histogram.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counted.stable_sort();
    format!("0/{total} nodes are available: {}.", counted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(plugin: &'static str, unresolvable: bool, reason: &str) -> NodeRefusal {
        let refusal = Refusal { unresolvable, reasons: vec![reason.to_owned()] };
        NodeRefusal { node: "n".into(), plugin, refusal, has_victims: false }
    }

    #[test]
    fn reasons_are_counted_and_sorted_as_on_a_real_cluster() {
        // Both texts were seen on real clusters.
        let taint = || refusal("TaintToleration", true, "node(s) had untolerated taint(s)");
        let cpu = |unresolvable| refusal("NodeResourcesFit", unresolvable, "Insufficient cpu");
        let full = Diagnosis { total: 3, refusals: vec![taint(), cpu(false), cpu(false)] };
        assert_eq!(
            full.message(&Pod::default()),
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to \
             deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption \
             victims found for incoming pod."
        );
        assert_eq!(full.rejected_by(), ["NodeResourcesFit", "TaintToleration"]);
        let too_small = Diagnosis { total: 3, refusals: vec![taint(), cpu(true), cpu(true)] };
        assert_eq!(
            too_small.message(&Pod::default()),
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to \
             deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
        );
        assert_eq!(Diagnosis::default().message(&Pod::default()), "no nodes available to schedule pods");
    }
}
