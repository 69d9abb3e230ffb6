//! Strategies over a kind's own struct, and the adaptor that lets the server call them on any draft.

use std::marker::PhantomData;

use api::meta::field::ErrorList;
use api::meta::schema::{Schema, TypeInfo};
use api::{DecodeError, Json, Kind, Object, Status, Str, Timestamp};

use super::{NameRule, Scale, Strategy, StrategyContext};
use crate::apiserver::draft::Draft;
use crate::apiserver::table::{Column, NAME_AND_AGE, Row};

/// What a built-in kind brings. Every method has the default of a kind without particulars.
pub trait KindStrategy: 'static {
    /// The generated struct.
    type Kind: Kind;

    /// What `metadata.name` may look like.
    const NAME_RULE: NameRule = NameRule::Subdomain;
    /// True if PUT may create.
    const ALLOW_CREATE_ON_UPDATE: bool = false;
    /// True if PUT may come without resourceVersion.
    const ALLOW_UNCONDITIONAL_UPDATE: bool = true;
    /// True if a delete answers with the object, not with a Status.
    const RETURNS_DELETED_OBJECT: bool = false;
    /// Columns of tables, the name's first.
    const COLUMNS: &'static [Column] = NAME_AND_AGE;
    /// Fields that selectors may name besides `metadata.name` and `metadata.namespace`.
    const SELECTABLE: &'static [&'static str] = &[];

    /// Fills in defaults (SetDefaults_*).
    fn set_defaults(_object: &mut Self::Kind) {}
    /// True if `object` shares with the stored `old` all that defaults concern, so that they are set.
    fn has_defaults_of(_object: &Self::Kind, _old: &Self::Kind) -> bool {
        false
    }
    /// Drops what clients may not set, sets generation and initial status.
    fn prepare_for_create(_cx: &mut StrategyContext, _object: &mut Self::Kind) {}
    /// All that is wrong with a new object, in upstream's order and wording.
    fn validate(_cx: &StrategyContext, _object: &Self::Kind) -> ErrorList {
        ErrorList::default()
    }
    /// Takes over what clients may not change, raises generation if the spec differs.
    fn prepare_for_update(_cx: &mut StrategyContext, _object: &mut Self::Kind, _old: &Self::Kind) {}
    /// All that is wrong with the changed object, and with the change.
    fn validate_update(_cx: &StrategyContext, _object: &Self::Kind, _old: &Self::Kind) -> ErrorList {
        ErrorList::default()
    }
    /// Keeps everything but the status.
    fn prepare_for_status_update(_cx: &mut StrategyContext, _object: &mut Self::Kind, _old: &Self::Kind) {}
    /// As `validate_update`, for a write to `status`.
    fn validate_status_update(_cx: &StrategyContext, _object: &Self::Kind, _old: &Self::Kind) -> ErrorList {
        ErrorList::default()
    }
    /// Last step before the commit: takes addresses and ports. An error refuses the request.
    fn begin(
        _cx: &mut StrategyContext,
        _object: &mut Self::Kind,
        _old: Option<&Self::Kind>,
    ) -> Result<(), Status> {
        Ok(())
    }
    /// Warning headers (299) for odd but valid objects.
    fn warnings(_object: &Self::Kind, _old: Option<&Self::Kind>) -> Vec<Str> {
        Vec::new()
    }
    /// The grace period of a deletion, in seconds; `None` if the kind is deleted at once.
    fn check_graceful_delete(_object: &Self::Kind, _requested: Option<i64>) -> Option<i64> {
        None
    }
    /// True if an updated object that waits for deletion may go now, as far as the kind is concerned.
    fn may_delete_during_update(_object: &Self::Kind) -> bool {
        true
    }
    /// The cells of one object, one for each of `COLUMNS`.
    fn print(now: Timestamp, object: &Self::Kind) -> Row {
        Row::name_and_age(now, object.meta())
    }
    /// Value of one of the `SELECTABLE` fields.
    fn select(_object: &Self::Kind, _field: &str) -> Str {
        Str::default()
    }
    /// Desired replicas and what the scale subresource shows; `None` if the kind has none.
    fn scale(_object: &Self::Kind) -> Option<Scale> {
        None
    }
    /// Sets the desired replicas.
    fn set_scale(_object: &mut Self::Kind, _replicas: i32) {}
}

/// A [`KindStrategy`] as a [`Strategy`].
pub struct Typed<S>(PhantomData<S>);

impl<S> Default for Typed<S> {
    fn default() -> Self {
        Typed(PhantomData)
    }
}

const KIND: &str = "a resource's strategy gets objects of the resource's kind";

impl<S: KindStrategy> Typed<S> {
    fn of(object: &Object) -> &S::Kind {
        object.view().expect(KIND)
    }
    fn view(draft: &Draft) -> &S::Kind {
        draft.view().expect(KIND)
    }
    fn edit(draft: &mut Draft) -> &mut S::Kind {
        draft.view_mut().expect(KIND)
    }
}

impl<S: KindStrategy> Strategy for Typed<S> {
    fn open(&self, object: &Object) -> Option<Draft> {
        object.view::<S::Kind>().map(|kind| Draft::of(kind.clone()))
    }
    fn decode(&self, json: &Json) -> Result<Draft, DecodeError> {
        S::Kind::decode(json).map(Draft::of)
    }
    fn info(&self) -> Option<&'static TypeInfo> {
        Some(api::meta::codec::Message::info(&S::Kind::default()))
    }
    fn schema(&self) -> Option<Schema> {
        self.info().map(Schema::of)
    }
    fn name_rule(&self) -> NameRule {
        S::NAME_RULE
    }
    fn set_defaults(&self, draft: &mut Draft) {
        S::set_defaults(Self::edit(draft));
    }
    fn has_defaults_of(&self, draft: &Draft, old: &Object) -> bool {
        S::has_defaults_of(Self::view(draft), Self::of(old))
    }
    fn prepare_for_create(&self, cx: &mut StrategyContext, draft: &mut Draft) {
        S::prepare_for_create(cx, Self::edit(draft));
    }
    fn validate(&self, cx: &StrategyContext, draft: &Draft) -> ErrorList {
        S::validate(cx, Self::view(draft))
    }
    fn prepare_for_update(&self, cx: &mut StrategyContext, draft: &mut Draft, old: &Object) {
        S::prepare_for_update(cx, Self::edit(draft), Self::of(old));
    }
    fn validate_update(&self, cx: &StrategyContext, draft: &Draft, old: &Object) -> ErrorList {
        S::validate_update(cx, Self::view(draft), Self::of(old))
    }
    fn prepare_for_status_update(&self, cx: &mut StrategyContext, draft: &mut Draft, old: &Object) {
        S::prepare_for_status_update(cx, Self::edit(draft), Self::of(old));
    }
    fn validate_status_update(&self, cx: &StrategyContext, draft: &Draft, old: &Object) -> ErrorList {
        S::validate_status_update(cx, Self::view(draft), Self::of(old))
    }
    fn begin(&self, cx: &mut StrategyContext, draft: &mut Draft, old: Option<&Object>) -> Result<(), Status> {
        S::begin(cx, Self::edit(draft), old.map(Self::of))
    }
    fn warnings(&self, draft: &Draft, old: Option<&Object>) -> Vec<Str> {
        S::warnings(Self::view(draft), old.map(Self::of))
    }
    fn allow_create_on_update(&self) -> bool {
        S::ALLOW_CREATE_ON_UPDATE
    }
    fn allow_unconditional_update(&self) -> bool {
        S::ALLOW_UNCONDITIONAL_UPDATE
    }
    fn check_graceful_delete(&self, object: &Object, requested: Option<i64>) -> Option<i64> {
        S::check_graceful_delete(Self::of(object), requested)
    }
    fn returns_deleted_object(&self) -> bool {
        S::RETURNS_DELETED_OBJECT
    }
    fn may_delete_during_update(&self, draft: &Draft) -> bool {
        S::may_delete_during_update(Self::view(draft))
    }
    fn columns(&self) -> &[Column] {
        S::COLUMNS
    }
    fn print(&self, now: Timestamp, object: &Object) -> Row {
        S::print(now, Self::of(object))
    }
    fn select(&self, object: &Object, field: &str) -> Option<Str> {
        S::SELECTABLE.contains(&field).then(|| S::select(Self::of(object), field))
    }
    fn selectable(&self, field: &str) -> bool {
        S::SELECTABLE.contains(&field)
    }
    fn scale(&self, object: &Object) -> Option<Scale> {
        S::scale(Self::of(object))
    }
    fn set_scale(&self, draft: &mut Draft, replicas: i32) {
        S::set_scale(Self::edit(draft), replicas);
    }
}
