//! ImageLocality: nodes that have the pod's images already are better. Upstream: plugins/imagelocality.

use api::Str;

use crate::scheduler::framework::{Cycle, MAX_NODE_SCORE, Plugin, View};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct ImageLocality;

const MB: i64 = 1024 * 1024;
const MIN_THRESHOLD: i64 = 23 * MB;
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * MB;

/// The name with a tag, as nodes list images: ":latest" if it has none.
fn normalized_image_name(name: &str) -> Str {
    let tagged = name.rfind(':') > name.rfind('/');
    if tagged { name.into() } else { format!("{name}:latest").into() }
}

fn calculate_priority(sum: i64, containers: i64) -> i64 {
    let max = MAX_CONTAINER_THRESHOLD * containers;
    MAX_NODE_SCORE * (sum.clamp(MIN_THRESHOLD, max) - MIN_THRESHOLD) / (max - MIN_THRESHOLD)
}

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }

    fn pre_score(&self, cycle: &mut Cycle, view: &View) -> bool {
        cycle.total_nodes = view.cache.node_count();
        let spec = &cycle.pod.spec;
        let containers = spec.containers.iter().chain(&spec.init_containers);
        cycle.images = containers
            .map(|container| normalized_image_name(&container.image))
            .map(|name| (view.cache.nodes_with_image(&name), name))
            .filter(|(nodes, _)| *nodes > 0)
            .collect();
        !cycle.images.is_empty()
    }

    /// Sizes of the images that are there, counted less for images that few nodes have: otherwise one node would draw
    /// all pods of an image.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let mut sum = 0;
        for (nodes, name) in &cycle.images {
            if let Some(size) = node.images.get(name) {
                sum += (*size as f64 * (*nodes as f64 / cycle.total_nodes.max(1) as f64)) as i64;
            }
        }
        let spec = &cycle.pod.spec;
        calculate_priority(sum, (spec.containers.len() + spec.init_containers.len()) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_a_tag_are_latest() {
        for (name, want) in [
            ("nginx", "nginx:latest"),
            ("nginx:1.29", "nginx:1.29"),
            ("registry:5000/app", "registry:5000/app:latest"),
            ("registry:5000/app:v1", "registry:5000/app:v1"),
        ] {
            assert_eq!(normalized_image_name(name), want);
        }
    }

    #[test]
    fn small_images_do_not_count_and_large_ones_are_capped() {
        assert_eq!(calculate_priority(22 * MB, 1), 0);
        assert_eq!(calculate_priority(MAX_CONTAINER_THRESHOLD * 2, 1), 100);
        assert_eq!(calculate_priority(500 * MB, 1), 48);
    }
}
