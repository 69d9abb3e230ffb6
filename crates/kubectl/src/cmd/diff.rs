//! `kubectl diff`: live objects against what `apply` would make of them, as `diff -u -N` prints it.

use api::Json;
use api::base::yaml;
use api::http::{APPLY_YAML, MERGE_PATCH, STRATEGIC_MERGE_PATCH};

use crate::apply_patch;
use crate::builder::{Builder, Info, Plan, Planned, finish};
use crate::cx::Cx;
use crate::error::{CmdError, Result};
use crate::ops::LAST_APPLIED;
use crate::print::drop_managed_fields;

/// Exit code for "could not compare".
const TROUBLE: i32 = 2;

/// Runs the command.
pub async fn diff(cx: &Cx) -> Result {
    run(cx).await.map_err(|e| match e {
        e @ CmdError::Exit { .. } => e,
        other => CmdError::Exit { code: TROUBLE, message: other.report().0 },
    })
}

async fn run(cx: &Cx) -> Result {
    if cx.flags.list("filename").is_empty() && cx.flags.str("kustomize").is_empty() {
        return crate::error::msg("must specify one of -f and -k");
    }
    if cx.flags.bool("prune") {
        return cx.not_simulated("diff --prune");
    }
    let Planned { plan, errors } = Builder::from_flags(cx).plan(cx).await?;
    finish(errors)?;
    let Plan::Objects(infos) = plan else { return Ok(()) };
    let stamp = cx.host.now();
    let number =
        |salt: &str| u64::from(api::base::hash::fnv32a(format!("{}{salt}", stamp.micros()).as_bytes()));
    let (live_dir, merged_dir) =
        (format!("/tmp/LIVE-{}", number("a")), format!("/tmp/MERGED-{}", number("b")));
    let civil = stamp.rfc3339().replace('T', " ").replace('Z', "");
    let when = format!("{civil}.{:06}000 +0000", stamp.micros().rem_euclid(1_000_000));
    let mut differs = false;
    for info in infos {
        let (live, merged) = both(cx, &info).await?;
        let (live, merged) = (text(cx, live), text(cx, merged));
        let body = unified(&live, &merged);
        if body.is_empty() {
            continue;
        }
        differs = true;
        let group =
            if info.resource.group.is_empty() { String::new() } else { format!("{}.", info.resource.group) };
        let file = format!(
            "{group}{}.{}.{}.{}",
            info.resource.version, info.resource.kind, info.namespace, info.name
        );
        cx.out(&format!("diff -u -N {live_dir}/{file} {merged_dir}/{file}\n--- {live_dir}/{file}\t{when}\n+++ {merged_dir}/{file}\t{when}\n{body}"));
    }
    if differs { Err(CmdError::Exit { code: 1, message: String::new() }) } else { Ok(()) }
}

/// The live object and what the server would make of it.
async fn both(cx: &Cx, info: &Info) -> Result<(Option<Json>, Option<Json>)> {
    let client = cx.client()?;
    let live = match client.get(&info.path(), &[]).await {
        Ok(live) => Some(live),
        Err(e) if e.is_not_found() => None,
        Err(e) => return Err(e),
    };
    let manager = cx.flags.str("field-manager");
    let query = [
        ("fieldManager", manager),
        ("dryRun", "All"),
        ("force", if cx.flags.bool("server-side") { "true" } else { "" }),
    ];
    if cx.flags.bool("server-side") {
        let merged = client.patch(&info.path(), &query, APPLY_YAML, &info.object).await?;
        return Ok((live, Some(merged)));
    }
    // Unlike `apply`, the comparison leaves the annotation alone; there are always annotations, as in what was applied.
    let mut wanted = info.object.clone();
    let annotations = &mut wanted["metadata"]["annotations"];
    match annotations.as_object_mut() {
        Some(known) => drop(known.shift_remove(LAST_APPLIED)),
        None => *annotations = Json::Object(api::JsonMap::new()),
    }
    let merged = match &live {
        None => client.create(&info.collection(), &query, &wanted).await?,
        Some(current) => {
            let original = current["metadata"]["annotations"][LAST_APPLIED]
                .as_str()
                .and_then(|t| serde_json::from_str(t).ok())
                .unwrap_or(Json::Null);
            let patch = apply_patch::three_way(&original, &wanted, current);
            if apply_patch::is_noop(&patch.patch) {
                current.clone()
            } else {
                let content_type = if patch.strategic { STRATEGIC_MERGE_PATCH } else { MERGE_PATCH };
                client.patch(&info.path(), &query, content_type, &patch.patch).await?
            }
        }
    };
    Ok((live, Some(merged)))
}

fn text(cx: &Cx, object: Option<Json>) -> String {
    let Some(mut object) = object else { return String::new() };
    if !cx.flags.bool("show-managed-fields") {
        drop_managed_fields(&mut object);
    }
    if object["kind"] == "Secret" {
        for field in ["data", "stringData"] {
            for (_, value) in object.get_mut(field).and_then(Json::as_object_mut).into_iter().flatten() {
                *value = "***".into();
            }
        }
    }
    yaml::to_string(&object)
}

#[derive(Clone, Copy, PartialEq)]
enum Edit {
    Keep(usize, usize),
    Delete(usize),
    Insert(usize),
}

/// The body of a unified diff with three lines of context; empty when the texts are equal.
pub fn unified(old: &str, new: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let edits = edits(&a, &b);
    let mut out = String::new();
    let mut i = 0;
    while let Some(first) = (i..edits.len()).find(|e| !matches!(edits[*e], Edit::Keep(..))) {
        let start = first.saturating_sub(3).max(i);
        // Changes closer than two contexts share a hunk.
        let mut last = first;
        while let Some(next) =
            (last + 1..edits.len().min(last + 8)).find(|e| !matches!(edits[*e], Edit::Keep(..)))
        {
            last = next;
        }
        let end = (last + 4).min(edits.len());
        out += &hunk(&edits[start..end], &edits[..start], &a, &b);
        i = end;
    }
    out
}

fn hunk(edits: &[Edit], before: &[Edit], a: &[&str], b: &[&str]) -> String {
    let count = |list: &[Edit], old: bool| {
        list.iter()
            .filter(|e| {
                matches!((e, old), (Edit::Keep(..), _) | (Edit::Delete(_), true) | (Edit::Insert(_), false))
            })
            .count()
    };
    let range = |old: bool| {
        let (start, n) = (count(before, old), count(edits, old));
        match n {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            n => format!("{},{n}", start + 1),
        }
    };
    let mut out = format!("@@ -{} +{} @@\n", range(true), range(false));
    for edit in edits {
        out += &match edit {
            Edit::Keep(i, _) => format!(" {}\n", a[*i]),
            Edit::Delete(i) => format!("-{}\n", a[*i]),
            Edit::Insert(j) => format!("+{}\n", b[*j]),
        };
    }
    out
}

/// The shortest edit script, by longest common subsequence between the common head and tail.
fn edits(a: &[&str], b: &[&str]) -> Vec<Edit> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (am, bm) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut out: Vec<Edit> = (0..head).map(|i| Edit::Keep(i, i)).collect();
    // Very long middles are shown as replaced as a whole.
    if am.len().saturating_mul(bm.len()) > 4_000_000 {
        out.extend((0..am.len()).map(|i| Edit::Delete(head + i)));
        out.extend((0..bm.len()).map(|j| Edit::Insert(head + j)));
    } else {
        let mut table = vec![vec![0u32; bm.len() + 1]; am.len() + 1];
        for i in (0..am.len()).rev() {
            for j in (0..bm.len()).rev() {
                table[i][j] = if am[i] == bm[j] {
                    table[i + 1][j + 1] + 1
                } else {
                    table[i + 1][j].max(table[i][j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < am.len() || j < bm.len() {
            if i < am.len() && j < bm.len() && am[i] == bm[j] {
                out.push(Edit::Keep(head + i, head + j));
                (i, j) = (i + 1, j + 1);
            } else if i < am.len() && (j == bm.len() || table[i + 1][j] >= table[i][j + 1]) {
                out.push(Edit::Delete(head + i));
                i += 1;
            } else {
                out.push(Edit::Insert(head + j));
                j += 1;
            }
        }
    }
    out.extend((0..tail).map(|k| Edit::Keep(a.len() - tail + k, b.len() - tail + k)));
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn hunks_look_like_those_of_diff() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        assert_eq!(unified(old, old), "");
        assert_eq!(
            unified(old, &old.replace("e\n", "E\nE2\n")),
            "@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+E2\n f\n g\n h\n"
        );
        assert_eq!(unified("", "x\n"), "@@ -0,0 +1 @@\n+x\n");
    }
}
