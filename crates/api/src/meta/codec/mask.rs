//! Parts of objects: readers that want a few fields of many objects get those alone, and the rest is never encoded.

use serde_json::{Map as JsonMap, Value as Json};

use super::{Message, Type, View, encode_view, is_empty};

/// Paths of fields as a tree. A mask without fields lets everything pass; lists are passed through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mask {
    fields: Vec<(String, Mask)>,
}

impl Mask {
    /// The mask of paths such as `status.conditions.type`.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Mask {
        let mut mask = Mask::default();
        let mut whole = Vec::new();
        for path in paths {
            mask.add(path, &mut whole);
        }
        mask
    }

    /// `whole`: the paths that end, so that what is wanted as a whole stays so.
    fn add(&mut self, path: &str, whole: &mut Vec<String>) {
        let (mut at, mut above) = (self, String::new());
        for name in path.split('.') {
            above.push('.');
            above.push_str(name);
            if whole.contains(&above) {
                return;
            }
            let index = at.fields.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                at.fields.push((name.to_owned(), Mask::default()));
                at.fields.len() - 1
            });
            at = &mut at.fields[index].1;
        }
        at.fields.clear();
        whole.push(above);
    }

    fn get(&self, name: &str) -> Option<&Mask> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, mask)| mask)
    }

    /// What of a JSON value passes.
    pub fn apply(&self, json: &Json) -> Json {
        match json {
            _ if self.fields.is_empty() => json.clone(),
            Json::Object(map) => {
                let passes =
                    |(name, value): (&String, &Json)| Some((name.clone(), self.get(name)?.apply(value)));
                Json::Object(map.iter().filter_map(passes).collect())
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| self.apply(item)).collect()),
            other => other.clone(),
        }
    }

    /// Encodes what of a struct passes.
    pub fn encode(&self, message: &dyn Message) -> Json {
        let mut map = JsonMap::new();
        for (index, field) in message.info().fields.iter().enumerate() {
            let Some(mask) = self.get(field.name) else { continue };
            let view = message.field(index).view();
            if !(field.omit && is_empty(&view)) {
                map.insert(field.name.to_owned(), mask.encode_view(view, &field.ty));
            }
        }
        Json::Object(map)
    }

    fn encode_view(&self, view: View<'_>, ty: &'static Type) -> Json {
        if self.fields.is_empty() {
            return encode_view(view, ty);
        }
        match (view, ty) {
            (View::Present(value), _) => self.encode_view(value.view(), ty),
            (View::Message(message), _) => self.encode(message),
            (View::List(list), Type::List(item)) => Json::Array(
                (0..list.count()).map(|index| self.encode_view(list.get(index).view(), item)).collect(),
            ),
            (view, _) => self.apply(&encode_view(view, ty)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::core::v1::Pod;
    use serde_json::json;

    #[test]
    fn a_mask_lets_pass_what_it_names_of_structs_and_of_json_alike() {
        let whole = json!({
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"name": "a", "namespace": "d", "labels": {"x": "y", "z": "w"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "reason": "r"}]},
        });
        let paths = [
            "metadata.name",
            "metadata.labels.x",
            "spec.nodeName",
            "spec.containers.resources.requests",
            "status.conditions.type",
            "status.conditions",
            "status.conditions.status",
            "status.reason",
        ];
        let want = json!({
            "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}], "nodeName": "n"},
            "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "r"}]},
        });
        let mask = Mask::of(paths);
        assert_eq!(mask.apply(&whole), want);
        let pod = Pod::decode(&whole).expect("a pod decodes");
        let mut encoded = mask.encode(&pod);
        // Structs show fields that are always written.
        encoded["status"]["conditions"] = want["status"]["conditions"].clone();
        assert_eq!(encoded, want);
    }
}
