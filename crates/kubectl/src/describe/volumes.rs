//! Volume sources of pods; claims, volumes and classes.

use api::Json;

use super::{Out, n, or, s};
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;

/// Writes what a volume is made of.
pub fn source(volume: &Json, out: &mut Out) {
    let optional = |v: &Json| v["optional"] == true;
    let known = volume.as_object().into_iter().flatten().find(|(k, _)| *k != "name");
    let Some((kind, v)) = known else { return out.line(1, "<unknown>") };
    match kind.as_str() {
        "hostPath" => {
            out.line(2, "Type:\tHostPath (bare host directory volume)");
            out.line(2, format!("Path:\t{}", s(&v["path"])));
            out.line(2, format!("HostPathType:\t{}", v["type"].as_str().unwrap_or("<none>")));
        }
        "emptyDir" => {
            out.line(2, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)");
            out.line(2, format!("Medium:\t{}", s(&v["medium"])));
            out.line(2, format!("SizeLimit:\t{}", or(&v["sizeLimit"], "<unset>")));
        }
        "secret" => {
            out.line(2, "Type:\tSecret (a volume populated by a Secret)");
            out.line(2, format!("SecretName:\t{}", s(&v["secretName"])));
            out.line(2, format!("Optional:\t{}", optional(v)));
        }
        "configMap" => {
            out.line(2, "Type:\tConfigMap (a volume populated by a ConfigMap)");
            out.line(2, format!("Name:\t{}", s(&v["name"])));
            out.line(2, format!("Optional:\t{}", optional(v)));
        }
        "persistentVolumeClaim" => {
            out.line(
                2,
                "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            );
            out.line(2, format!("ClaimName:\t{}", s(&v["claimName"])));
            out.line(2, format!("ReadOnly:\t{}", v["readOnly"] == true));
        }
        "nfs" => {
            out.line(2, "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)");
            out.line(2, format!("Server:\t{}", s(&v["server"])));
            out.line(2, format!("Path:\t{}", s(&v["path"])));
            out.line(2, format!("ReadOnly:\t{}", v["readOnly"] == true));
        }
        "downwardAPI" => {
            out.line(2, "Type:\tDownwardAPI (a volume populated by information about the pod)");
            out.line(2, "Items:");
            for item in array(&v["items"]) {
                let from =
                    item["fieldRef"]["fieldPath"].as_str().or(item["resourceFieldRef"]["resource"].as_str());
                out.line(3, format!("{} -> {}", from.unwrap_or(""), s(&item["path"])));
            }
        }
        "projected" => {
            out.line(2, "Type:\tProjected (a volume that contains injected data from multiple sources)");
            for part in array(&v["sources"]) {
                projected(part, out);
            }
        }
        "csi" => {
            out.line(2, "Type:\tCSI (a Container Storage Interface (CSI) volume source)");
            out.line(2, format!("Driver:\t{}", s(&v["driver"])));
            out.line(2, format!("FSType:\t{}", s(&v["fsType"])));
            out.line(2, format!("ReadOnly:\t{}", v["readOnly"] == true));
        }
        _ => out.line(1, "<unknown>"),
    }
}

fn projected(part: &Json, out: &mut Out) {
    for (field, label) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
        if part[field].is_object() {
            out.line(2, format!("{label}:\t{}", s(&part[field]["name"])));
            out.line(2, format!("Optional:\t{}", part[field]["optional"] == true));
        }
    }
    if part["downwardAPI"].is_object() {
        out.line(2, "DownwardAPI:\ttrue");
    }
    if part["serviceAccountToken"].is_object() {
        out.line(
            2,
            format!("TokenExpirationSeconds:\t{}", n(&part["serviceAccountToken"]["expirationSeconds"])),
        );
    }
}

fn modes(list: &Json) -> String {
    let short = |m: &Json| match s(m) {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    array(list).iter().map(short).collect::<Vec<_>>().join(",")
}

/// Describes a PersistentVolumeClaim.
pub async fn claim(cx: &Cx, c: &Json, out: &mut Out) -> Result {
    out.head(c);
    out.line(0, format!("StorageClass:\t{}", s(&c["spec"]["storageClassName"])));
    let lost = c["metadata"]["deletionTimestamp"].is_string();
    out.line(0, format!("Status:\t{}", if lost { "Terminating" } else { s(&c["status"]["phase"]) }));
    out.line(0, format!("Volume:\t{}", s(&c["spec"]["volumeName"])));
    out.tags(c);
    let finalizers: Vec<&str> = array(&c["metadata"]["finalizers"]).iter().map(s).collect();
    out.line(0, format!("Finalizers:\t[{}]", finalizers.join(" ")));
    let bound = !s(&c["spec"]["volumeName"]).is_empty();
    out.line(0, format!("Capacity:\t{}", if bound { s(&c["status"]["capacity"]["storage"]) } else { "" }));
    out.line(
        0,
        format!("Access Modes:\t{}", if bound { modes(&c["status"]["accessModes"]) } else { String::new() }),
    );
    out.line(0, format!("VolumeMode:\t{}", s(&c["spec"]["volumeMode"])));
    let path = format!("/api/v1/namespaces/{}/pods", s(&c["metadata"]["namespace"]));
    let pods = cx.client()?.list(&path, &[], None, 500).await?;
    let uses = |p: &&Json| {
        array(&p["spec"]["volumes"])
            .iter()
            .any(|v| v["persistentVolumeClaim"]["claimName"] == c["metadata"]["name"])
    };
    let users: Vec<&str> =
        array(&pods["items"]).iter().filter(uses).map(|p| s(&p["metadata"]["name"])).collect();
    out.write(0, "Used By:\t");
    if users.is_empty() {
        out.line(0, "<none>");
    }
    users.iter().enumerate().for_each(|(i, u)| out.line(0, format!("{}{u}", if i == 0 { "" } else { "\t" })));
    Ok(())
}

/// Describes a PersistentVolume.
pub fn persistent_volume(v: &Json, out: &mut Out) {
    let spec = &v["spec"];
    out.line(0, format!("Name:\t{}", s(&v["metadata"]["name"])));
    out.tags(v);
    let finalizers: Vec<&str> = array(&v["metadata"]["finalizers"]).iter().map(s).collect();
    out.line(0, format!("Finalizers:\t[{}]", finalizers.join(" ")));
    out.line(0, format!("StorageClass:\t{}", s(&spec["storageClassName"])));
    out.line(0, format!("Status:\t{}", s(&v["status"]["phase"])));
    let claim = &spec["claimRef"];
    let text = if claim.is_object() {
        format!("{}/{}", s(&claim["namespace"]), s(&claim["name"]))
    } else {
        String::new()
    };
    out.line(0, format!("Claim:\t{text}"));
    out.line(0, format!("Reclaim Policy:\t{}", s(&spec["persistentVolumeReclaimPolicy"])));
    out.line(0, format!("Access Modes:\t{}", modes(&spec["accessModes"])));
    out.line(0, format!("VolumeMode:\t{}", s(&spec["volumeMode"])));
    out.line(0, format!("Capacity:\t{}", s(&spec["capacity"]["storage"])));
    out.line(0, format!("Node Affinity:\t{}", if spec["nodeAffinity"].is_object() { "" } else { "<none>" }));
    out.line(0, format!("Message:\t{}", s(&v["status"]["message"])));
    out.line(0, "Source:");
    for kind in ["hostPath", "nfs", "csi", "local"] {
        if spec[kind].is_object() {
            source(&serde_json::json!({ kind: spec[kind] }), out);
        }
    }
}

/// Describes a StorageClass.
pub fn storage_class(c: &Json, out: &mut Out) {
    out.line(0, format!("Name:\t{}", s(&c["metadata"]["name"])));
    let default = c["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true";
    out.line(0, format!("IsDefaultClass:\t{}", if default { "Yes" } else { "No" }));
    out.annotations("Annotations", &c["metadata"]["annotations"]);
    out.line(0, format!("Provisioner:\t{}", s(&c["provisioner"])));
    let parameters = crate::selector::from_map(&c["parameters"]);
    out.line(0, format!("Parameters:\t{}", if parameters.is_empty() { "<none>" } else { &parameters }));
    let expansion = c["allowVolumeExpansion"].as_bool();
    out.line(
        0,
        format!(
            "AllowVolumeExpansion:\t{}",
            expansion.map_or("<unset>", |e| if e { "True" } else { "False" })
        ),
    );
    let options: Vec<&str> = array(&c["mountOptions"]).iter().map(s).collect();
    if options.is_empty() {
        out.line(0, "MountOptions:\t<none>");
    } else {
        out.line(0, "MountOptions:");
        options.iter().for_each(|o| out.line(1, o));
    }
    out.line(0, format!("ReclaimPolicy:\t{}", s(&c["reclaimPolicy"])));
    out.line(0, format!("VolumeBindingMode:\t{}", s(&c["volumeBindingMode"])));
}
