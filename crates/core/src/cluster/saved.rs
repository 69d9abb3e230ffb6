//! A history written down: configuration and inputs. With it the same cluster comes back, event for event.
//!
//! The JSON is compact (arrays, short keys) because share links carry it. Unknown fields are ignored; what is malformed
//! is an error with the place, never a panic: links come from strangers.

use api::http::{Body, Method, Request};
use api::{Json, Str, Timestamp};
use serde_json::json;

use super::{ClusterConfig, Fault, Input, MAX_NODES, Recorded};

/// A history as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// What the cluster was made from.
    pub config: ClusterConfig,
    /// Everything that came from outside, oldest first.
    pub inputs: Vec<Recorded>,
    /// The newest moment reached.
    pub latest: Timestamp,
}

/// Inputs that a saved history may hold.
const INPUTS_MAX: usize = 100_000;

impl Saved {
    /// The form in links and files; [`Saved::from_json`] reads it back.
    pub fn to_json(&self) -> Json {
        let start = self.config.start.micros();
        let inputs: Vec<Json> = self
            .inputs
            .iter()
            .map(|r| json!([r.time.micros() - start, r.after, input_to_json(&r.input)]))
            .collect();
        json!({
            "seed": self.config.seed,
            "nodes": self.config.nodes,
            "start": start,
            "length": self.latest.micros() - start,
            "inputs": inputs,
        })
    }

    /// Errors are sentences that name the field.
    pub fn from_json(json: &Json) -> Result<Saved, String> {
        let number = |key: &str| {
            json.get(key).and_then(Json::as_i64).ok_or(format!("`{key}` is missing or no number"))
        };
        let seed = json.get("seed").and_then(Json::as_u64).ok_or("`seed` is missing or no number")?;
        let nodes = u32::try_from(number("nodes")?).ok().filter(|n| *n <= MAX_NODES);
        let nodes = nodes.ok_or(format!("`nodes` is not between 0 and {MAX_NODES}"))?;
        let start = Timestamp(number("start")?);
        let length = number("length")?.max(0);
        let empty = Vec::new();
        let list = json.get("inputs").and_then(Json::as_array).unwrap_or(&empty);
        if list.len() > INPUTS_MAX {
            return Err(format!("`inputs` holds {} entries, more than {INPUTS_MAX}", list.len()));
        }
        let mut inputs = Vec::with_capacity(list.len());
        let mut last = 0;
        for (index, entry) in list.iter().enumerate() {
            let place = |what: &str| format!("`inputs[{index}]`: {what}");
            let at = entry.get(0).and_then(Json::as_i64).ok_or_else(|| place("no time"))?;
            let after = entry.get(1).and_then(Json::as_u64).ok_or_else(|| place("no position"))?;
            if at < last || at > length {
                return Err(place("its time is out of order"));
            }
            last = at;
            let input = entry.get(2).and_then(input_from_json).ok_or_else(|| place("not understood"))?;
            inputs.push(Recorded { time: Timestamp(start.0.saturating_add(at)), after, input });
        }
        let config = ClusterConfig { seed, nodes, start, ..ClusterConfig::default() };
        Ok(Saved { config, inputs, latest: Timestamp(start.0.saturating_add(length)) })
    }
}

fn input_to_json(input: &Input) -> Json {
    match input {
        Input::Request(request) => json!({ "r": request_to_json(request) }),
        Input::Connect(request) => json!({ "c": request_to_json(request) }),
        Input::Dial { addr, port, tls } => json!({ "o": [addr.to_string(), port, tls] }),
        Input::StreamData { stream, channel, data } => match std::str::from_utf8(data) {
            Ok(text) => json!({ "d": [stream, channel, text] }),
            Err(_) => json!({ "d": [stream, channel, data] }),
        },
        Input::StreamClose { stream } => json!({ "x": stream }),
        Input::Fault(fault) => json!({ "f": fault_to_json(fault) }),
    }
}

fn input_from_json(json: &Json) -> Option<Input> {
    let (key, value) = json.as_object()?.iter().next()?;
    Some(match key.as_str() {
        "r" => Input::Request(request_from_json(value)?),
        "c" => Input::Connect(request_from_json(value)?),
        "o" => Input::Dial {
            addr: value.get(0)?.as_str()?.parse().ok()?,
            port: u16::try_from(value.get(1)?.as_u64()?).ok()?,
            tls: value.get(2)?.as_bool()?,
        },
        "d" => {
            let data = match value.get(2)? {
                Json::String(text) => text.clone().into_bytes(),
                other => other
                    .as_array()?
                    .iter()
                    .map(|b| b.as_u64().and_then(|b| u8::try_from(b).ok()))
                    .collect::<Option<_>>()?,
            };
            let channel = u8::try_from(value.get(1)?.as_u64()?).ok()?;
            Input::StreamData { stream: value.get(0)?.as_u64()?, channel, data }
        }
        "x" => Input::StreamClose { stream: value.as_u64()? },
        "f" => Input::Fault(fault_from_json(value)?),
        _ => return None,
    })
}

/// `[method, uri, headers, body]`; headers are pairs, since a name may occur several times (one group each).
fn request_to_json(request: &Request) -> Json {
    let headers: Vec<Json> = request.headers.iter().map(|(k, v)| json!([k.as_str(), v.as_str()])).collect();
    let body = match &request.body {
        Body::Empty | Body::Stream(_) => Json::Null,
        Body::Json(json) => (**json).clone(),
        Body::Object(object) => object.to_json(),
        Body::Bytes(_) => Json::from(request.body.to_text()),
    };
    json!([request.method.as_str(), request.uri(), headers, body])
}

fn request_from_json(json: &Json) -> Option<Request> {
    let method = Method::parse(json.get(0)?.as_str()?)?;
    let mut request = Request::new(method, json.get(1)?.as_str()?);
    for pair in json.get(2)?.as_array()? {
        request.headers.push((Str::new(pair.get(0)?.as_str()?), Str::new(pair.get(1)?.as_str()?)));
    }
    request.body = match json.get(3).unwrap_or(&Json::Null) {
        Json::Null => Body::Empty,
        Json::String(text) => Body::text(text),
        other => Body::json(other.clone()),
    };
    Some(request)
}

fn fault_to_json(fault: &Fault) -> Json {
    match fault {
        Fault::StopNode(node) => json!(["stop-node", node.as_str()]),
        Fault::StartNode(node) => json!(["start-node", node.as_str()]),
        Fault::CutNode(node) => json!(["cut-node", node.as_str()]),
        Fault::HealNode(node) => json!(["heal-node", node.as_str()]),
        Fault::KillContainer { namespace, pod, container } => {
            json!(["kill-container", namespace.as_str(), pod.as_str(), container.as_str()])
        }
        Fault::StopComponent(name) => json!(["stop", name.as_str()]),
        Fault::StartComponent(name) => json!(["start", name.as_str()]),
    }
}

fn fault_from_json(json: &Json) -> Option<Fault> {
    let text = |index: usize| json.get(index).and_then(Json::as_str).map(Str::new);
    Some(match text(0)?.as_str() {
        "stop-node" => Fault::StopNode(text(1)?),
        "start-node" => Fault::StartNode(text(1)?),
        "cut-node" => Fault::CutNode(text(1)?),
        "heal-node" => Fault::HealNode(text(1)?),
        "kill-container" => Fault::KillContainer { namespace: text(1)?, pod: text(2)?, container: text(3)? },
        "stop" => Fault::StopComponent(text(1)?),
        "start" => Fault::StartComponent(text(1)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_history_reads_back_as_it_was_written() {
        let config = ClusterConfig { seed: 7, ..ClusterConfig::default() };
        let time = Timestamp(config.start.0 + 5);
        let request =
            Request::post("/api/v1/namespaces/default/pods?dryRun=All", Body::json(json!({"kind": "Pod"})));
        let inputs = [
            Input::Request(request.clone()),
            Input::Connect(Request::get("/api/v1/namespaces/default/pods/x/exec?command=sh")),
            Input::Dial { addr: [192, 168, 49, 2].into(), port: 30080, tls: false },
            Input::StreamData { stream: 1, channel: 0, data: vec![0xff, 1] },
            Input::StreamClose { stream: 1 },
            Input::Fault(Fault::StopNode("node-1".into())),
        ];
        let inputs = inputs.into_iter().map(|input| Recorded { time, after: 3, input }).collect();
        let saved = Saved { config, inputs, latest: Timestamp(time.0 + 1) };
        assert_eq!(Saved::from_json(&saved.to_json()), Ok(saved));
    }

    #[test]
    fn malformed_histories_say_where() {
        let json = json!({"seed": 1, "nodes": 2, "start": 0, "length": 10, "inputs": [[11, 0, {}]]});
        assert_eq!(Saved::from_json(&json), Err("`inputs[0]`: its time is out of order".to_owned()));
        assert_eq!(
            Saved::from_json(&json!({"seed": 1, "nodes": 9e9})).unwrap_err(),
            "`nodes` is missing or no number"
        );
    }
}
