//! Generators of ConfigMap and Secret: literals, files, folders, env files.

use api::{Json, JsonMap};
use collections::StableSort;
use serde_json::json;

use super::{name, submit};
use crate::base64;
use crate::cx::Cx;
use crate::error::{CmdError, Result, msg};
use crate::host::FileKind;
use crate::kubeconfig::absolute;

/// Keys with their bytes, in the order given.
type Entries = Vec<(String, Vec<u8>)>;

/// `kubectl create configmap`.
pub async fn config_map(cx: &Cx) -> Result {
    let name = name(cx)?;
    no_hash(cx)?;
    let (mut data, mut binary) = (JsonMap::new(), JsonMap::new());
    for (key, bytes) in sorted(entries(cx, "ConfigMap")?) {
        match String::from_utf8(bytes) {
            Ok(text) => data.insert(key, text.into()),
            Err(e) => binary.insert(key, base64::encode(e.as_bytes()).into()),
        };
    }
    let mut object = json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": { "name": name } });
    if !data.is_empty() {
        object["data"] = Json::Object(data);
    }
    if !binary.is_empty() {
        object["binaryData"] = Json::Object(binary);
    }
    submit(cx, object, "failed to create configmap: ").await
}

/// `kubectl create secret generic`.
pub async fn generic_secret(cx: &Cx) -> Result {
    let name = name(cx)?;
    no_hash(cx)?;
    let object = secret(&name, sorted(entries(cx, "Secret")?), cx.flags.str("type"));
    submit(cx, object, "failed to create secret ").await
}

/// `kubectl create secret tls`.
pub async fn tls_secret(cx: &Cx) -> Result {
    let name = name(cx)?;
    no_hash(cx)?;
    let (cert, key) = (cx.flags.str("cert"), cx.flags.str("key"));
    if cert.is_empty() || key.is_empty() {
        return msg("key and cert must be specified");
    }
    let read = |path: &str| {
        cx.host
            .read_file(&absolute(&*cx.host, path))
            .map_err(|e| CmdError::Msg(format!("Cannot read file {path}, open {path}: {e}")))
    };
    let (cert, key) = (read(cert)?, read(key)?);
    if !String::from_utf8_lossy(&cert).contains("-----BEGIN CERTIFICATE-----") {
        return msg("tls: failed to find any PEM data in certificate input");
    }
    let object = secret(&name, vec![("tls.crt".into(), cert), ("tls.key".into(), key)], "kubernetes.io/tls");
    submit(cx, object, "failed to create secret ").await
}

/// `kubectl create secret docker-registry`.
pub async fn docker_registry(cx: &Cx) -> Result {
    let name = name(cx)?;
    no_hash(cx)?;
    let flag = |f: &str| cx.flags.str(f).to_string();
    let config = if cx.flags.list("from-file").is_empty() {
        let (user, password, server) =
            (flag("docker-username"), flag("docker-password"), flag("docker-server"));
        if user.is_empty() || password.is_empty() || server.is_empty() {
            return msg(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
            );
        }
        let mut entry = json!({ "username": user, "password": password });
        if !flag("docker-email").is_empty() {
            entry["email"] = flag("docker-email").into();
        }
        entry["auth"] = base64::encode(format!("{user}:{password}").as_bytes()).into();
        json!({ "auths": { server: entry } }).to_string().into_bytes()
    } else {
        entries(cx, "Secret")?.into_iter().next().map(|(_, bytes)| bytes).unwrap_or_default()
    };
    let object = secret(&name, vec![(".dockerconfigjson".into(), config)], "kubernetes.io/dockerconfigjson");
    submit(cx, object, "failed to create secret ").await
}

fn secret(name: &str, entries: Entries, kind: &str) -> Json {
    let mut object = json!({ "kind": "Secret", "apiVersion": "v1", "metadata": { "name": name } });
    if !entries.is_empty() {
        let data: JsonMap = entries.into_iter().map(|(k, v)| (k, base64::encode(&v).into())).collect();
        object["data"] = Json::Object(data);
    }
    if !kind.is_empty() {
        object["type"] = kind.into();
    }
    object
}

fn no_hash(cx: &Cx) -> Result {
    if cx.flags.bool("append-hash") { cx.not_simulated("--append-hash") } else { Ok(()) }
}

fn sorted(mut entries: Entries) -> Entries {
    entries.stable_sort();
    entries
}

fn entries(cx: &Cx, kind: &str) -> Result<Entries> {
    let (files, literals, env_files) =
        (cx.flags.list("from-file"), cx.flags.list("from-literal"), cx.flags.list("from-env-file"));
    if !env_files.is_empty() && (!files.is_empty() || !literals.is_empty()) {
        return msg("from-env-file cannot be combined with from-file or from-literal");
    }
    let mut out = Entries::new();
    for source in files {
        add_file(cx, kind, source, &mut out)?;
    }
    for literal in literals {
        let Some((key, value)) = literal.split_once('=').filter(|(k, _)| !k.is_empty()) else {
            return msg(format!("invalid literal source {literal}, expected key=value"));
        };
        // As a shell would have taken quotes away.
        let value = value.trim_matches('\'').trim_matches('"');
        add(cx, kind, &mut out, key, value.as_bytes().to_vec())?;
    }
    for path in env_files {
        let bytes = read(cx, path)?;
        for (i, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = match line.split_once('=') {
                Some((key, value)) => (key, value.to_string()),
                None => (line, cx.host.env(line).unwrap_or_default()),
            };
            if key.is_empty() || key.contains(char::is_whitespace) {
                return msg(format!("{path}: {}: {key:?} is not a valid key name", i + 1));
            }
            add(cx, kind, &mut out, key, value.into_bytes())?;
        }
    }
    Ok(out)
}

fn add_file(cx: &Cx, kind: &str, source: &str, out: &mut Entries) -> Result {
    let (key, path) = match source.split('=').collect::<Vec<_>>()[..] {
        [path] => (None, path),
        ["", _] => return msg(format!("key name for file path {} missing", source.trim_start_matches('='))),
        [key, ""] => return msg(format!("file path for key name {key} missing")),
        [key, path] => (Some(key), path),
        _ => return msg("key names or file paths cannot contain '='"),
    };
    match cx.host.stat(&absolute(&*cx.host, path)) {
        None => msg(format!("error reading {path}: no such file or directory")),
        Some(FileKind::Dir) => {
            if key.is_some() {
                return msg("cannot give a key name for a directory path");
            }
            let mut names = cx
                .host
                .list_dir(&absolute(&*cx.host, path))
                .map_err(|e| CmdError::Msg(format!("error listing files in {path}: {e}")))?;
            names.stable_sort();
            for name in names {
                let inner = format!("{}/{name}", path.trim_end_matches('/'));
                if cx.host.stat(&absolute(&*cx.host, &inner)) == Some(FileKind::File) && valid_key(&name) {
                    add(cx, kind, out, &name, read(cx, &inner)?)?;
                }
            }
            Ok(())
        }
        Some(FileKind::File) => {
            let name = key.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
            add(cx, kind, out, name, read(cx, path)?)
        }
    }
}

fn read(cx: &Cx, path: &str) -> Result<Vec<u8>> {
    cx.host
        .read_file(&absolute(&*cx.host, path))
        .map_err(|e| CmdError::Msg(format!("error reading {path}: {e}")))
}

fn valid_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 253
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn add(cx: &Cx, kind: &str, out: &mut Entries, key: &str, value: Vec<u8>) -> Result {
    if !valid_key(key) {
        return msg(format!(
            "{key:?} is not a valid key name for a {kind}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        ));
    }
    if out.iter().any(|(k, _)| k == key) {
        return msg(match (kind, cx.flags.args.first()) {
            ("ConfigMap", Some(name)) => format!(
                "cannot add key {key:?}, another key by that name already exists in Data for ConfigMap {name:?}"
            ),
            _ => format!("cannot add key {key}, another key by that name already exists"),
        });
    }
    out.push((key.into(), value));
    Ok(())
}
