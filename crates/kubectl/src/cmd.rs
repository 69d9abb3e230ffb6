//! All commands kubectl runs, one file each. Names, flags and help come from `commands.txt`; this list says what runs.

mod api_resources;
mod apply;
mod config;
pub(crate) mod delete;
mod get;
mod help;
mod version;

use crate::command::Run;

/// A command that prints its help page when it is called without a subcommand.
pub const GROUPS: [&str; 12] = [
    "",
    "rollout",
    "set",
    "config",
    "auth",
    "top",
    "certificate",
    "create secret",
    "create service",
    "kuberc",
    "plugin",
    "cluster-info dump",
];

/// Path and function of each command, in the order of `kubectl --help`.
pub const COMMANDS: &[(&str, Run)] = &[
    ("api-resources", |cx| Box::pin(api_resources::resources(cx))),
    ("api-versions", |cx| Box::pin(api_resources::versions(cx))),
    ("config current-context", |cx| Box::pin(config::current_context(cx))),
    ("config delete-cluster", |cx| Box::pin(config::delete(cx, "clusters"))),
    ("config delete-context", |cx| Box::pin(config::delete(cx, "contexts"))),
    ("config delete-user", |cx| Box::pin(config::delete(cx, "users"))),
    ("config get-clusters", |cx| Box::pin(config::get_names(cx, "clusters"))),
    ("config get-contexts", |cx| Box::pin(config::get_contexts(cx))),
    ("config get-users", |cx| Box::pin(config::get_names(cx, "users"))),
    ("config rename-context", |cx| Box::pin(config::rename_context(cx))),
    ("config set", |cx| Box::pin(config::set(cx))),
    ("config set-cluster", |cx| Box::pin(config::set_cluster(cx))),
    ("config set-context", |cx| Box::pin(config::set_context(cx))),
    ("config set-credentials", |cx| Box::pin(config::set_credentials(cx))),
    ("config unset", |cx| Box::pin(config::unset(cx))),
    ("config use-context", |cx| Box::pin(config::use_context(cx))),
    ("config view", |cx| Box::pin(config::view(cx))),
    ("apply", |cx| Box::pin(apply::apply(cx))),
    ("apply edit-last-applied", |cx| Box::pin(apply::edit_last_applied(cx))),
    ("apply set-last-applied", |cx| Box::pin(apply::set_last_applied(cx))),
    ("apply view-last-applied", |cx| Box::pin(apply::view_last_applied(cx))),
    ("delete", |cx| Box::pin(delete::delete(cx))),
    ("get", |cx| Box::pin(get::get(cx))),
    ("options", |cx| Box::pin(help::options(cx))),
    ("plugin list", |cx| Box::pin(help::plugins(cx))),
    ("version", |cx| Box::pin(version::version(cx))),
];
