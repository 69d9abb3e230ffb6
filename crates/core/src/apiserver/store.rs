//! The generic store: what creating and updating mean for every kind. Mirrors k8s.io/apiserver's registry.Store with
//! rest.BeforeCreate and rest.BeforeUpdate, in the same order. Deleting is in `delete.rs`.

use api::meta::field::{Error, ErrorList, Path};
use api::{Key, Object, Status, Str, Timestamp};

use super::call::Call;
use super::draft::Draft;
use super::request_info::Verb;
use super::strategy::StrategyContext;
use super::validation::{validate_object_meta, validate_object_meta_update};
use super::{ApiServer, RequestContext};
use crate::store::Cause;

/// How often a generated name is tried.
const NAME_ATTEMPTS: usize = 8;
/// A generated name is at most 63 characters, 5 of them random.
const NAME_BASE_MAX: usize = 58;
const NAME_RANDOM: usize = 5;

/// Which part of an object an update is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but the status, where there is a status subresource.
    Main,
    Status,
    /// A change that the server itself makes (binding): neither strategy nor generation is concerned.
    Internal,
}

impl ApiServer {
    /// Runs `f` with what strategies may see.
    pub(crate) fn with_strategy<T>(
        &mut self,
        cx: &mut RequestContext,
        f: impl FnOnce(&mut StrategyContext) -> T,
    ) -> T {
        f(&mut StrategyContext {
            now: cx.now,
            storage: &self.storage,
            registry: &self.registry,
            allocations: &self.allocations,
            rng: cx.rng,
        })
    }

    /// Creates the object; a generated name that is taken is drawn again.
    pub(crate) fn store_create(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        mut draft: Draft,
    ) -> Result<Object, Status> {
        let resource = call.resource.clone();
        if !draft.meta().resource_version.is_empty() {
            return Err(Status::new(500, "", "resourceVersion should not be set on objects to be created"));
        }
        let meta = draft.meta_mut();
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        meta.self_link = Str::default();
        meta.uid = cx.rng.uuid().into();
        meta.creation_timestamp = cx.now.trunc_secs();
        meta.generation = 0;
        meta.managed_fields = call.applied.clone().unwrap_or_default();
        let generated = meta.name.is_empty() && !meta.generate_name.is_empty();
        if generated {
            meta.name = generate_name(cx, &meta.generate_name);
        }
        let (mut draft, errors) = self.with_strategy(cx, |cx| {
            resource.strategy.prepare_for_create(cx, &mut draft);
            let mut errors = validate_object_meta(&resource, draft.meta(), &Path::new("metadata"));
            errors.extend(resource.strategy.validate(cx, &draft));
            (draft, errors)
        });
        if !errors.is_empty() {
            return Err(Status::invalid(&resource.gvk, &draft.meta().name, &errors));
        }
        for warning in resource.strategy.warnings(&draft, None) {
            call.warn(warning);
        }
        self.with_strategy(cx, |cx| resource.strategy.begin(cx, &mut draft, None))?;
        let mut attempts = 1;
        while self.storage.get(resource.id, &key_of(&draft)).is_some() {
            if !generated {
                return Err(Status::already_exists(&resource.gvr, &draft.meta().name));
            }
            if attempts == NAME_ATTEMPTS {
                return Err(Status::generate_name_conflict(&resource.gvr, &draft.meta().name));
            }
            attempts += 1;
            let base = draft.meta().generate_name.clone();
            draft.meta_mut().name = generate_name(cx, &base);
        }
        super::managed_fields::record(cx, call, &mut draft, None);
        Ok(self.commit(cx, call, draft))
    }

    /// Replaces `old` by the draft. A draft without changes is not committed. The second value is false when the object
    /// is gone: it waited for deletion and its last finalizer was removed.
    pub(crate) fn store_update(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        old: &Object,
        mut draft: Draft,
        part: Part,
    ) -> Result<(Object, bool), Status> {
        let resource = call.resource.clone();
        check_preconditions(call, old, &mut draft)?;
        before_update(old, &mut draft);
        if let Some(applied) = &call.applied {
            draft.meta_mut().managed_fields = applied.clone();
        }
        let errors = self.with_strategy(cx, |cx| {
            let strategy = &resource.strategy;
            match part {
                Part::Main => strategy.prepare_for_update(cx, &mut draft, old),
                Part::Status => strategy.prepare_for_status_update(cx, &mut draft, old),
                Part::Internal => {}
            }
            let mut errors = validate_object_meta_update(draft.meta(), old.meta());
            match part {
                Part::Main => errors.extend(strategy.validate_update(cx, &draft, old)),
                Part::Status => errors.extend(strategy.validate_status_update(cx, &draft, old)),
                Part::Internal => {}
            }
            errors
        });
        if !errors.is_empty() {
            return Err(Status::invalid(&resource.gvk, &old.meta().name, &errors));
        }
        if part == Part::Main {
            for warning in resource.strategy.warnings(&draft, Some(old)) {
                call.warn(warning);
            }
            self.with_strategy(cx, |cx| resource.strategy.begin(cx, &mut draft, Some(old)))?;
        }
        if may_go(&draft) && resource.strategy.may_delete_during_update(&draft) {
            let last = draft.seal();
            self.commit_delete(cx, call, &last);
            return Ok((last, false));
        }
        if draft.same(old) {
            return Ok((old.clone(), true));
        }
        super::managed_fields::record(cx, call, &mut draft, Some(old));
        Ok((self.commit(cx, call, draft), true))
    }

    /// Writes the draft as the next revision. In a dry run it only becomes an object.
    pub(crate) fn commit(&mut self, cx: &mut RequestContext, call: &Call, mut draft: Draft) -> Object {
        if call.dry_run {
            return draft.seal();
        }
        draft.meta_mut().resource_version = self.storage.next_revision().to_string().into();
        let object = draft.seal();
        let (key, resource) = (object.key(), call.resource.id);
        self.allocations.follow(self.storage.get(resource, &key), Some(&object));
        self.storage.commit(cx.now, resource, key, Some(object.clone()), cause(cx, call));
        object
    }

    /// Removes an object. Nothing happens in a dry run.
    pub(crate) fn commit_delete(&mut self, cx: &mut RequestContext, call: &Call, last: &Object) {
        if call.dry_run {
            return;
        }
        self.allocations.follow(Some(last), None);
        self.storage.commit(cx.now, call.resource.id, last.key(), None, cause(cx, call));
    }
}

fn key_of(draft: &Draft) -> Key {
    Key { namespace: draft.meta().namespace.clone(), name: draft.meta().name.clone() }
}

fn generate_name(cx: &mut RequestContext, base: &str) -> Str {
    let base: String = base.chars().take(NAME_BASE_MAX).collect();
    format!("{base}{}", cx.rng.name_suffix(NAME_RANDOM)).into()
}

fn cause(cx: &RequestContext, call: &Call) -> Cause {
    let verb = match (call.info.verb.as_str(), call.info.subresource) {
        ("update", "status") => "update status",
        ("patch", "status") => "patch status",
        ("update", "scale") => "update scale",
        ("patch", "scale") => "patch scale",
        ("create", "binding") => "create binding",
        ("create", "eviction") => "create eviction",
        ("update", "finalize") => "update finalize",
        (verb, _) => verb,
    };
    Cause { user: call.user.name.clone(), actor: call.actor(), trigger: cx.trigger, verb }
}

/// Optimistic concurrency: `resourceVersion` and `uid`, where the client gives them, must be those stored.
fn check_preconditions(call: &Call, old: &Object, draft: &mut Draft) -> Result<(), Status> {
    let (resource, stored) = (&call.resource, old.meta());
    let meta = draft.meta_mut();
    // A patch brings no object of its own, so only what it makes is compared, and the version comes first.
    let patch = call.info.verb == Verb::Patch;
    if !patch && !meta.uid.is_empty() && meta.uid != stored.uid {
        let (given, known, key) = (&meta.uid, &stored.uid, old.key());
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{key}, ResourceVersion: 0, AdditionalErrorMsg: \
             Precondition failed: UID in precondition: {given}, UID in object meta: {known}",
            resource.plural
        );
        return Err(Status::conflict(&resource.gvr, &stored.name, &why));
    }
    if meta.resource_version.is_empty() || meta.resource_version == "0" {
        if !resource.strategy.allow_unconditional_update() {
            let path = Path::new("metadata").child("resourceVersion");
            let errors = vec![Error::invalid(&path, 0, "must be specified for an update")];
            return Err(Status::invalid(&resource.gvk, &stored.name, &errors.into()));
        }
        meta.resource_version = stored.resource_version.clone();
    } else if meta.resource_version != stored.resource_version {
        if meta.resource_version.parse::<u64>().is_err() {
            let why = invalid_resource_version(&meta.resource_version);
            return Err(Status::invalid(&resource.gvk, &stored.name, &why));
        }
        return Err(Status::modified(&resource.gvr, &stored.name));
    }
    Ok(())
}

/// What is wrong with a resource version that is no number.
pub(crate) fn invalid_resource_version(given: &str) -> ErrorList {
    let why = format!("strconv.ParseUint: parsing {given:?}: invalid syntax");
    vec![Error::invalid(&Path::new("resourceVersion"), given, &why)].into()
}

/// What an update can never change.
fn before_update(old: &Object, draft: &mut Draft) {
    let stored = old.meta();
    let meta = draft.meta_mut();
    meta.generation = stored.generation;
    meta.self_link = Str::default();
    meta.uid = stored.uid.clone();
    meta.creation_timestamp = stored.creation_timestamp;
    // A client may edit what is tracked of managers; leaving it out leaves it as it is.
    if meta.managed_fields.is_empty() {
        meta.managed_fields = stored.managed_fields.clone();
    }
    if stored.deletion_timestamp.is_some() {
        meta.deletion_timestamp = stored.deletion_timestamp;
    }
    if stored.deletion_grace_period_seconds.is_some() && meta.deletion_grace_period_seconds.is_none() {
        meta.deletion_grace_period_seconds = stored.deletion_grace_period_seconds;
    }
}

/// True if the object waits for deletion and nothing holds it (`ShouldDeleteDuringUpdate`).
fn may_go(draft: &Draft) -> bool {
    let meta = draft.meta();
    meta.deletion_timestamp.is_some()
        && meta.finalizers.is_empty()
        && meta.deletion_grace_period_seconds.is_none_or(|seconds| seconds == 0)
}

/// Deletes Events older than an hour.
pub(super) fn expire_events(server: &mut ApiServer, now: Timestamp) -> usize {
    const TTL: api::Duration = api::Duration::secs(3600);
    let Some(events) = server.registry.id_of::<api::core::v1::Event>() else { return 0 };
    let written = |object: &Object| {
        let event = object.view::<api::core::v1::Event>();
        let last = event.map(|event| event.last_timestamp).filter(|time| !time.is_zero());
        last.unwrap_or(object.meta().creation_timestamp)
    };
    let old: Vec<Key> = server
        .storage
        .list(events, None)
        .filter(|object| now.since(written(object)) > TTL)
        .map(Object::key)
        .collect();
    let cause = Cause {
        user: "system:apiserver".into(),
        actor: "etcd".into(),
        trigger: crate::store::Trigger::Timer,
        verb: "expire",
    };
    for key in &old {
        server.storage.commit(now, events, key.clone(), None, cause.clone());
    }
    old.len()
}
