//! Revisions, the new ReplicaSet, scaling, clean-up and status. Upstream: pkg/controller/deployment/sync.go.

use api::apps::v1::{DeploymentStatus, ReplicaSet, ReplicaSetSpec};
use api::meta::v1::{ObjectMeta, OwnerReference};
use api::{Json, Object, Status, Str};
use collections::StableSort;

use super::util::*;
use super::{Outcome, Rollout, Sets, rs};

impl Rollout<'_, '_, '_> {
    /// Only the status is kept up to date for a Deployment that is being deleted.
    pub(super) fn sync_status_only(&mut self, list: Vec<Object>) -> Result<Outcome, Status> {
        let sets = self.get_all_replica_sets_and_sync_revision(&list, false)?;
        self.sync_deployment_status(&sets)
    }

    /// Reconciles a Deployment that is paused or was just scaled.
    pub(super) fn sync(&mut self, list: Vec<Object>) -> Result<Outcome, Status> {
        let sets = self.get_all_replica_sets_and_sync_revision(&list, false)?;
        self.scale(&sets)?;
        // Clean up even when paused: scaling does not create revisions.
        if self.d.spec.paused {
            self.cleanup_deployment(&sets.old)?;
        }
        self.sync_deployment_status(&sets)
    }

    /// Leaves a condition when a Deployment was paused or resumed.
    pub(super) fn check_paused_conditions(&mut self) -> Result<(), Status> {
        if !has_progress_deadline(&self.d) {
            return Ok(());
        }
        let condition = get_condition(&self.d.status, PROGRESSING);
        if condition.is_some_and(|c| c.reason == TIMED_OUT) {
            return Ok(());
        }
        let noted = condition.is_some_and(|c| c.reason == PAUSED);
        let (reason, message) = match (self.d.spec.paused, noted) {
            (true, false) => (PAUSED, "Deployment is paused"),
            (false, true) => (RESUMED, "Deployment is resumed"),
            _ => return Ok(()),
        };
        set_condition(
            &mut self.d.status,
            new_condition(PROGRESSING, "Unknown", reason, message.to_owned(), self.cx.now),
        );
        self.update_status()
    }

    /// The new ReplicaSet (created on request) and the old ones, with revision numbers brought up to date.
    pub(super) fn get_all_replica_sets_and_sync_revision(
        &mut self,
        list: &[Object],
        create: bool,
    ) -> Result<Sets, Status> {
        // An earlier step of this reconcile may have written them.
        let lister = self.cx.lister::<ReplicaSet>();
        let mut list: Vec<Object> = list.iter().filter_map(|set| lister.get_key(&set.key())).collect();
        list.stable_sort_by(by_creation);
        let existing =
            list.iter().position(|set| equal_ignore_hash(&rs(set).spec.template, &self.d.spec.template));
        let existing = existing.map(|index| list.remove(index));
        let new = self.get_new_replica_set(existing, &list, create)?;
        // A set that was just found by name to exist already is in the list of old ones too.
        if let Some(new) = &new {
            list.retain(|old| old.meta().uid != new.meta().uid);
        }
        Ok(Sets { new, old: list })
    }

    fn get_new_replica_set(
        &mut self,
        existing: Option<Object>,
        old: &[Object],
        create: bool,
    ) -> Result<Option<Object>, Status> {
        let revision = max_revision(old) + 1;
        if let Some(existing) = existing {
            return self.sync_existing(existing, revision).map(Some);
        }
        if create { self.create_new_replica_set(old, revision).map(Some) } else { Ok(None) }
    }

    /// Copies annotations and revision to the new ReplicaSet that exists, and its revision to the Deployment.
    fn sync_existing(&mut self, existing: Object, revision: i64) -> Result<Object, Status> {
        let mut set = rs(&existing).clone();
        let changed = set_new_replica_set_annotations(&self.d, &mut set.metadata, revision, true);
        if changed || set.spec.min_ready_seconds != self.d.spec.min_ready_seconds {
            set.spec.min_ready_seconds = self.d.spec.min_ready_seconds;
            return self.cx.update(set);
        }
        let revision = set.metadata.annotation(REVISION).to_owned();
        let mut needs_update = set_deployment_revision(&mut self.d, &revision);
        if has_progress_deadline(&self.d) && get_condition(&self.d.status, PROGRESSING).is_none() {
            let message = format!("Found new replica set \"{}\"", set.metadata.name);
            set_condition(
                &mut self.d.status,
                new_condition(PROGRESSING, "True", FOUND_NEW_RS, message, self.cx.now),
            );
            needs_update = true;
        }
        if needs_update {
            self.update_status()?;
        }
        Ok(existing)
    }

    fn create_new_replica_set(&mut self, old: &[Object], revision: i64) -> Result<Object, Status> {
        let (set, hash) = self.new_replica_set(old, revision);
        let replicas = size(&set);
        let (name, namespace) = (set.metadata.name.clone(), set.metadata.namespace.clone());
        let template = set.spec.template.clone();
        let (created, is_new) = match self.cx.create(set) {
            Ok(created) => (created, true),
            Err(error) if error.is_already_exists() => {
                let present = self.cx.get::<ReplicaSet>(&namespace, &name)?;
                let ours = present.meta().is_controlled_by(&self.d.metadata.uid);
                if !ours || !equal_ignore_hash(&rs(&present).spec.template, &template) {
                    return Err(self.note_collision(error));
                }
                (present, false)
            }
            Err(error) => return Err(self.note_create_failure(&name, error)),
        };
        debug_assert!(name.ends_with(&hash), "a ReplicaSet is named after its template");
        if is_new && replicas > 0 {
            self.event(
                "Normal",
                "ScalingReplicaSet",
                format!("Scaled up replica set {name} from 0 to {replicas}"),
            );
        }
        let mut needs_update = set_deployment_revision(&mut self.d, &revision.to_string());
        if is_new && has_progress_deadline(&self.d) {
            let message = format!("Created new replica set \"{name}\"");
            set_condition(
                &mut self.d.status,
                new_condition(PROGRESSING, "True", NEW_REPLICA_SET, message, self.cx.now),
            );
            needs_update = true;
        }
        if needs_update {
            self.update_status()?;
        }
        Ok(created)
    }

    /// The ReplicaSet for the present template, and the template's hash.
    fn new_replica_set(&self, old: &[Object], revision: i64) -> (ReplicaSet, String) {
        let d = &self.d;
        let hash = compute_hash(&d.spec.template, d.status.collision_count);
        let mut template = d.spec.template.clone();
        template.metadata.labels.insert(POD_TEMPLATE_HASH.into(), hash.as_str().into());
        let mut selector = d.spec.selector.clone().unwrap_or_default();
        selector.match_labels.insert(POD_TEMPLATE_HASH.into(), hash.as_str().into());
        let mut metadata = ObjectMeta {
            name: format!("{}-{hash}", d.metadata.name).into(),
            namespace: d.metadata.namespace.clone(),
            owner_references: vec![OwnerReference::controller(d)],
            labels: template.metadata.labels.clone(),
            ..Default::default()
        };
        set_new_replica_set_annotations(d, &mut metadata, revision, false);
        let spec = ReplicaSetSpec {
            replicas: Some(new_rs_new_replicas(d, old, 0)),
            min_ready_seconds: d.spec.min_ready_seconds,
            selector: Some(selector),
            template,
        };
        (ReplicaSet { metadata, spec, ..Default::default() }, hash)
    }

    /// Another template has the same hash: the next try hashes with a higher collision count.
    fn note_collision(&mut self, error: Status) -> Status {
        self.d.status.collision_count = Some(self.d.status.collision_count.unwrap_or(0) + 1);
        match self.update_status() {
            Ok(()) => error,
            Err(failed) => failed,
        }
    }

    fn note_create_failure(&mut self, name: &str, error: Status) -> Status {
        if error.has_cause("NamespaceTerminating") {
            return error;
        }
        let message = format!("Failed to create new replica set \"{name}\": {}", error.message);
        if has_progress_deadline(&self.d) {
            let condition =
                new_condition(PROGRESSING, "False", FAILED_RS_CREATE, message.clone(), self.cx.now);
            set_condition(&mut self.d.status, condition);
            // The creation's own error is what matters; upstream ignores this one too.
            let _ = self.update_status();
        }
        self.event("Warning", FAILED_RS_CREATE, message);
        error
    }

    /// True if the Deployment was scaled since its ReplicaSets were: their annotations say another size.
    pub(super) fn is_scaling_event(&mut self, list: &[Object]) -> Result<bool, Status> {
        let sets = self.get_all_replica_sets_and_sync_revision(list, false)?;
        let desired = self.replicas();
        Ok(active(&sets.all())
            .iter()
            .any(|set| desired_replicas_annotation(rs(set)).is_some_and(|n| n != desired)))
    }

    /// Scales without rolling: the only active set, or all in proportion.
    fn scale(&mut self, sets: &Sets) -> Result<(), Status> {
        let desired = self.replicas();
        if let Some(only) = find_active_or_latest(sets.new.as_ref(), &sets.old) {
            if size(rs(&only)) != desired {
                self.scale_replica_set(&only, desired)?;
            }
            return Ok(());
        }
        if sets.new_set().is_some_and(|new| is_saturated(&self.d, new)) {
            for old in active(&sets.old) {
                self.scale_replica_set(&old, 0)?;
            }
            return Ok(());
        }
        if !is_rolling_update(&self.d) {
            return Ok(());
        }
        for (set, size) in proportional_sizes(&self.d, active(&sets.all())) {
            self.scale_replica_set(&set, size)?;
        }
        Ok(())
    }

    /// Sets the size of a ReplicaSet and what its annotations say; true, with the new state, if the size changed.
    pub(super) fn scale_replica_set(&mut self, set: &Object, target: i32) -> Result<(bool, Object), Status> {
        let present = size(rs(set));
        let mut changed = rs(set).clone();
        let (desired, max) = (self.replicas(), self.replicas() + max_surge(&self.d));
        let annotated = set_replicas_annotations(&mut changed.metadata, desired, max);
        if present == target && !annotated {
            return Ok((false, set.clone()));
        }
        changed.spec.replicas = Some(target);
        let updated = self.cx.update(changed)?;
        if present != target {
            let direction = if present < target { "up" } else { "down" };
            let name = &set.meta().name;
            self.event(
                "Normal",
                "ScalingReplicaSet",
                format!("Scaled {direction} replica set {name} from {present} to {target}"),
            );
        }
        Ok((present != target, updated))
    }

    /// Deletes old ReplicaSets beyond `revisionHistoryLimit`, oldest revision first.
    pub(super) fn cleanup_deployment(&mut self, old: &[Object]) -> Result<(), Status> {
        let Some(limit) = self.d.spec.revision_history_limit.filter(|limit| *limit != i32::MAX) else {
            return Ok(());
        };
        let mut cleanable: Vec<&Object> = old.iter().filter(|set| !set.meta().is_deleting()).collect();
        let excess = cleanable.len().saturating_sub(limit.max(0) as usize);
        cleanable
            .stable_sort_by(|a, b| revision(rs(a)).cmp(&revision(rs(b))).then_with(|| by_creation(a, b)));
        for set in cleanable.into_iter().take(excess) {
            let (meta, set) = (set.meta(), rs(set));
            if set.status.replicas != 0 || size(set) != 0 || meta.generation > set.status.observed_generation
            {
                continue;
            }
            match self.cx.delete::<ReplicaSet>(&meta.namespace, &meta.name, Json::Null) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn sync_deployment_status(&mut self, sets: &Sets) -> Result<Outcome, Status> {
        let status = self.calculate_status(sets);
        if status != self.d.status {
            self.d.status = status;
            self.update_status()?;
        }
        Ok(Outcome::Done)
    }

    /// The status that the ReplicaSets add up to.
    pub(super) fn calculate_status(&self, sets: &Sets) -> DeploymentStatus {
        let (d, all) = (&self.d, sets.all());
        let available = available_count(all.iter());
        let mut status = DeploymentStatus {
            observed_generation: d.metadata.generation,
            replicas: actual_count(&all),
            updated_replicas: sets.new_set().map_or(0, |set| set.status.replicas),
            ready_replicas: all.iter().map(|set| rs(set).status.ready_replicas).sum(),
            available_replicas: available,
            unavailable_replicas: (replica_count(&all) - available).max(0),
            terminating_replicas: terminating_count(&all),
            collision_count: d.status.collision_count,
            conditions: d.status.conditions.clone(),
        };
        let (is_available, reason, message) = if available >= self.replicas() - max_unavailable(d) {
            ("True", MINIMUM_REPLICAS_AVAILABLE, "Deployment has minimum availability.")
        } else {
            ("False", MINIMUM_REPLICAS_UNAVAILABLE, "Deployment does not have minimum availability.")
        };
        set_condition(
            &mut status,
            new_condition(AVAILABLE, is_available, reason, message.to_owned(), self.cx.now),
        );
        status
    }
}

/// Writes the revision into the Deployment's annotations; true if that changed them.
fn set_deployment_revision(d: &mut api::apps::v1::Deployment, revision: &str) -> bool {
    if d.metadata.annotation(REVISION) == revision {
        return false;
    }
    d.metadata.annotations.insert(REVISION.into(), Str::from(revision)).is_none_or(|old| old != revision)
}
