//! `kubectl describe`.

use crate::builder::{Builder, Info, Plan, Planned, finish};
use crate::cx::Cx;
use crate::describe;
use crate::error::{CmdError, Result, msg};

/// Runs the command.
pub async fn run(cx: &Cx) -> Result {
    let builder = Builder { allow_empty_selector: true, ..Builder::from_flags(cx) };
    if builder.args.is_empty() && builder.filenames.is_empty() {
        return msg(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        );
    }
    let Planned { plan, mut errors } = builder.plan(cx).await?;
    let mut infos: Vec<Info> = Vec::new();
    let mut namespaced = true;
    match plan {
        Plan::Lists(types) => {
            namespaced = types.iter().all(|r| r.namespaced);
            for resource in types {
                match builder.list(cx, &resource).await {
                    Ok(found) => infos.extend(found),
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) => errors.push(e),
                }
            }
        }
        Plan::Names(named) | Plan::Objects(named) => {
            let by_prefix = builder.args.len() == 2 && named.len() == 1;
            for mut info in named {
                match info.fetch(cx).await {
                    Ok(()) => infos.push(info),
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) if e.is_not_found() && by_prefix => match with_prefix(cx, &builder, &info).await {
                        Some(found) => infos.extend(found),
                        None => errors.push(e),
                    },
                    Err(e) => errors.push(e),
                }
            }
        }
    }
    // Events of many objects are left out, unless asked for.
    let events = cx.flags.bool("show-events") && (infos.len() <= 1 || cx.flags.changed("show-events"));
    for (i, info) in infos.iter().enumerate() {
        match describe::describe(cx, info, events).await {
            Ok(text) => cx.out(&if i == 0 { text } else { format!("\n\n{text}") }),
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    if infos.is_empty() && errors.is_empty() {
        if namespaced && !builder.all_namespaces {
            cx.err(format!("No resources found in {} namespace.", cx.namespace()?));
        } else {
            cx.err("No resources found");
        }
    }
    finish(errors)
}

/// Objects whose names begin as the one that was not found; `None`: there are none.
async fn with_prefix(cx: &Cx, builder: &Builder, info: &Info) -> Option<Vec<Info>> {
    let all = builder.list(cx, &info.resource).await.ok()?;
    let found: Vec<Info> = all.into_iter().filter(|i| i.name.starts_with(&info.name)).collect();
    (!found.is_empty()).then_some(found)
}
