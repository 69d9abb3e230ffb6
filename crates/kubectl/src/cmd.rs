//! All commands kubectl runs, one file each. Names, flags and help come from `commands.txt`; this list says what runs.

mod api_resources;
mod apply;
mod auth;
mod cluster;
mod completion;
mod config;
mod cp;
mod create;
pub(crate) mod delete;
mod describe;
mod diff;
mod exec;
mod explain;
mod forward;
mod get;
mod help;
mod label;
mod logs;
mod node;
mod patch;
mod rollout;
mod run;
mod scale;
mod set;
pub mod version;
mod wait;

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
    ("create", |cx| Box::pin(create::create(cx))),
    ("create clusterrole", |cx| Box::pin(create::rbac::cluster_role(cx))),
    ("create clusterrolebinding", |cx| Box::pin(create::rbac::cluster_role_binding(cx))),
    ("create configmap", |cx| Box::pin(create::data::config_map(cx))),
    ("create cronjob", |cx| Box::pin(create::workload::cron_job(cx))),
    ("create deployment", |cx| Box::pin(create::workload::deployment(cx))),
    ("create ingress", |cx| Box::pin(create::network::ingress(cx))),
    ("create job", |cx| Box::pin(create::workload::job(cx))),
    ("create namespace", |cx| Box::pin(create::simple::namespace(cx))),
    ("create poddisruptionbudget", |cx| Box::pin(create::simple::pod_disruption_budget(cx))),
    ("create priorityclass", |cx| Box::pin(create::simple::priority_class(cx))),
    ("create quota", |cx| Box::pin(create::simple::quota(cx))),
    ("create role", |cx| Box::pin(create::rbac::role(cx))),
    ("create rolebinding", |cx| Box::pin(create::rbac::role_binding(cx))),
    ("create secret docker-registry", |cx| Box::pin(create::data::docker_registry(cx))),
    ("create secret generic", |cx| Box::pin(create::data::generic_secret(cx))),
    ("create secret tls", |cx| Box::pin(create::data::tls_secret(cx))),
    ("create service clusterip", |cx| Box::pin(create::network::service(cx, "ClusterIP"))),
    ("create service externalname", |cx| Box::pin(create::network::service(cx, "ExternalName"))),
    ("create service loadbalancer", |cx| Box::pin(create::network::service(cx, "LoadBalancer"))),
    ("create service nodeport", |cx| Box::pin(create::network::service(cx, "NodePort"))),
    ("create serviceaccount", |cx| Box::pin(create::simple::service_account(cx))),
    ("create token", |cx| Box::pin(create::simple::token(cx))),
    ("delete", |cx| Box::pin(delete::delete(cx))),
    ("describe", |cx| Box::pin(describe::run(cx))),
    ("get", |cx| Box::pin(get::get(cx))),
    ("options", |cx| Box::pin(help::options(cx))),
    ("plugin list", |cx| Box::pin(help::plugins(cx))),
    ("autoscale", |cx| Box::pin(scale::autoscale(cx))),
    ("rollout history", |cx| Box::pin(rollout::history(cx))),
    ("rollout pause", |cx| Box::pin(rollout::pause(cx, true))),
    ("rollout restart", |cx| Box::pin(rollout::restart(cx))),
    ("rollout resume", |cx| Box::pin(rollout::pause(cx, false))),
    ("rollout status", |cx| Box::pin(rollout::status(cx))),
    ("rollout undo", |cx| Box::pin(rollout::undo(cx))),
    ("scale", |cx| Box::pin(scale::scale(cx))),
    ("annotate", |cx| Box::pin(label::annotate(cx))),
    ("edit", |cx| Box::pin(patch::edit(cx))),
    ("label", |cx| Box::pin(label::label(cx))),
    ("patch", |cx| Box::pin(patch::patch(cx))),
    ("replace", |cx| Box::pin(patch::replace(cx))),
    ("set env", |cx| Box::pin(set::env(cx))),
    ("set image", |cx| Box::pin(set::image(cx))),
    ("set resources", |cx| Box::pin(set::resources(cx))),
    ("set selector", |cx| Box::pin(set::selector(cx))),
    ("set serviceaccount", |cx| Box::pin(set::service_account(cx))),
    ("set subject", |cx| Box::pin(set::subject(cx))),
    ("cp", |cx| Box::pin(cp::cp(cx))),
    ("attach", |cx| Box::pin(exec::attach(cx))),
    ("exec", |cx| Box::pin(exec::exec(cx))),
    ("expose", |cx| Box::pin(run::expose(cx))),
    ("logs", |cx| Box::pin(logs::logs(cx))),
    ("run", |cx| Box::pin(run::run(cx))),
    ("auth can-i", |cx| Box::pin(auth::can_i(cx))),
    ("auth whoami", |cx| Box::pin(auth::whoami(cx))),
    ("cluster-info", |cx| Box::pin(cluster::info(cx))),
    ("cordon", |cx| Box::pin(node::cordon(cx, true))),
    ("drain", |cx| Box::pin(node::drain(cx))),
    ("events", |cx| Box::pin(cluster::events(cx))),
    ("taint", |cx| Box::pin(node::taint(cx))),
    ("top node", |cx| Box::pin(cluster::top_node(cx))),
    ("top pod", |cx| Box::pin(cluster::top_pod(cx))),
    ("uncordon", |cx| Box::pin(node::cordon(cx, false))),
    ("wait", |cx| Box::pin(wait::wait(cx))),
    ("completion", |cx| Box::pin(completion::completion(cx))),
    ("diff", |cx| Box::pin(diff::diff(cx))),
    ("explain", |cx| Box::pin(explain::explain(cx))),
    ("port-forward", |cx| Box::pin(forward::port_forward(cx))),
    ("proxy", |cx| Box::pin(forward::proxy(cx))),
    ("version", |cx| Box::pin(version::version(cx))),
];
