//! Namespaces, ConfigMaps, Secrets, ServiceAccounts, ResourceQuotas.

use api::Json;
use api::meta::quantity::Quantity;
use collections::StableSort;

use super::template::quantity;
use super::{Out, s};
use crate::base64;
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;

/// Describes a Namespace, with its quotas and limit ranges.
pub async fn namespace(cx: &Cx, ns: &Json, out: &mut Out) -> Result {
    let name = s(&ns["metadata"]["name"]);
    out.line(0, format!("Name:\t{name}"));
    out.tags(ns);
    out.line(0, format!("Status:\t{}", s(&ns["status"]["phase"])));
    let conditions = array(&ns["status"]["conditions"]);
    if !conditions.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        out.line(1, "----\t------\t------------------\t------\t-------");
        for c in conditions {
            let time = crate::human::rfc1123z(&c["lastTransitionTime"]);
            out.line(
                1,
                format!(
                    "{}\t{}\t{time}\t{}\t{}",
                    s(&c["type"]),
                    s(&c["status"]),
                    s(&c["reason"]),
                    s(&c["message"])
                ),
            );
        }
    }
    let client = cx.client()?;
    // A server without quotas or limit ranges says nothing about them.
    if let Ok(quotas) = client.get(&format!("/api/v1/namespaces/{name}/resourcequotas"), &[]).await {
        out.line(0, "");
        if array(&quotas["items"]).is_empty() {
            out.line(0, "No resource quota.");
        } else {
            out.write(0, "Resource Quotas");
            for quota in array(&quotas["items"]) {
                out.line(0, format!("\n  Name:\t{}", s(&quota["metadata"]["name"])));
                quota_rows(1, quota, out);
            }
        }
    }
    if let Ok(ranges) = client.get(&format!("/api/v1/namespaces/{name}/limitranges"), &[]).await {
        out.line(0, "");
        if array(&ranges["items"]).is_empty() {
            out.line(0, "No LimitRange resource.");
        } else {
            limits(&ranges, out);
        }
    }
    Ok(())
}

fn limits(ranges: &Json, out: &mut Out) {
    out.line(
        0,
        "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
    );
    out.line(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------");
    for item in array(&ranges["items"]).iter().flat_map(|r| array(&r["spec"]["limits"])) {
        let lists = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
        let mut names: Vec<&String> =
            lists.iter().filter_map(|l| item[*l].as_object()).flat_map(|m| m.keys()).collect();
        names.stable_sort();
        names.dedup();
        for name in names {
            let cells: Vec<String> =
                lists.iter().map(|l| item[*l].get(name).map_or("-".into(), quantity)).collect();
            out.line(0, format!(" {}\t{name}\t{}", s(&item["type"]), cells.join("\t")));
        }
    }
}

/// Describes a ResourceQuota.
pub fn resource_quota(quota: &Json, out: &mut Out) {
    out.head(quota);
    let scopes: Vec<&str> = array(&quota["spec"]["scopes"]).iter().map(s).collect();
    if !scopes.is_empty() {
        out.line(0, format!("Scopes:\t{}", scopes.join(", ")));
    }
    quota_rows(0, quota, out);
}

fn quota_rows(level: usize, quota: &Json, out: &mut Out) {
    out.line(level, "Resource\tUsed\tHard");
    out.line(level, "--------\t----\t----");
    let mut names: Vec<&String> =
        quota["status"]["hard"].as_object().into_iter().flatten().map(|(k, _)| k).collect();
    names.stable_sort();
    for name in names {
        let show =
            |list: &str| Quantity::parse(&quantity(&quota["status"][list][name])).unwrap_or(Quantity::ZERO);
        out.line(level, format!("{name}\t{}\t{}", show("used"), show("hard")));
    }
}

/// Describes a ConfigMap with its values.
pub fn config_map(cm: &Json, out: &mut Out) {
    out.head(cm);
    out.tags(cm);
    out.line(0, "\nData\n====");
    let mut entries: Vec<_> = cm["data"].as_object().into_iter().flatten().collect();
    entries.stable_sort_by_key(|(k, _)| *k);
    for (key, value) in entries {
        out.line(0, format!("{key}:\n----\n{}\n", s(value)));
    }
    out.line(0, "\nBinaryData\n====");
    let mut entries: Vec<_> = cm["binaryData"].as_object().into_iter().flatten().collect();
    entries.stable_sort_by_key(|(k, _)| *k);
    for (key, value) in entries {
        out.line(0, format!("{key}: {} bytes", base64::decode(s(value)).map_or(0, |b| b.len())));
    }
    out.line(0, "");
}

/// Describes a Secret without its values.
pub fn secret(secret: &Json, out: &mut Out) {
    out.head(secret);
    out.tags(secret);
    out.line(0, format!("\nType:\t{}", s(&secret["type"])));
    out.line(0, "\nData\n====");
    let mut entries: Vec<_> = secret["data"].as_object().into_iter().flatten().collect();
    entries.stable_sort_by_key(|(k, _)| *k);
    for (key, value) in entries {
        let bytes = base64::decode(s(value)).unwrap_or_default();
        if key == "token" && secret["type"] == "kubernetes.io/service-account-token" {
            out.line(0, format!("{key}:\t{}", String::from_utf8_lossy(&bytes)));
        } else {
            out.line(0, format!("{key}:\t{} bytes", bytes.len()));
        }
    }
}

/// Describes a ServiceAccount.
pub fn service_account(account: &Json, out: &mut Out) {
    out.head(account);
    out.tags(account);
    for (label, field) in [("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")] {
        let names: Vec<&str> = array(&account[field]).iter().map(|r| s(&r["name"])).collect();
        if field == "imagePullSecrets" || !names.is_empty() {
            let text = if names.is_empty() { "<none>".into() } else { names.join("\n\t") };
            out.line(0, format!("{label}:\t{text}"));
        }
    }
}
