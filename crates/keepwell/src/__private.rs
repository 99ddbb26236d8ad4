//! What the attributes' code refers to. Not for anybody else: it changes without notice.

use std::any::type_name;

use serde::Serialize;

pub use keepwell_core::key::Digest;
pub use keepwell_core::policy::KeyBuilder;
use keepwell_core::record::SerializerName;
pub use keepwell_core::run::{FlowOptions, RetryDelay, TaskOptions};
pub use keepwell_core::storage::StorageLocation;
pub use std::collections::BTreeSet;
pub use std::sync::{Arc, OnceLock};

pub use crate::flow::{AsyncFlowCall, Flow, FlowCall};
pub use crate::task::probe::{Probe, refusing_codec};
pub use crate::task::{
    AddSource, AsyncCall, BoxFuture, Call, CallTable, Code, IntoInput, IntoRetryDelay, Parameters, ReturnTable, Source,
    Task, TaskFuture, add_with, cache_key_fn, hook, submit,
};
pub use crate::value::verdict::{require_clones, require_hashes, require_keeps, require_room};
use crate::value::write_key;

/// The traits that method resolution chooses among, without their names, which could be the user's.
pub mod choices {
    pub use crate::task::probe::{
        FailureDebugs as _, FailureDisplays as _, FailureOrNone as _, RefusesByError as _, RefusesByPanic as _,
        ReturnsAnything as _, ReturnsAnythingOrError as _, ReturnsNumbers as _, ReturnsNumbersOrError as _,
        ReturnsSerialize as _, ReturnsSerializeOrError as _,
    };
    pub use crate::value::dispatch::{
        AnyByNothing as _, AnyBySize as _, ByNothing as _, ByNumbers as _, BySerialize as _, CloneByClone as _,
        CloneByNothing as _,
    };
}

/// The serializer of a name that the attribute has checked.
pub fn serializer(name: &str) -> SerializerName {
    SerializerName::new(name).expect("the attribute accepts only names of serializers that there are")
}

/// Words from any list of texts.
pub fn words<W: Into<Arc<str>>>(words: impl IntoIterator<Item = W>) -> Vec<Arc<str>> {
    words.into_iter().map(Into::into).collect()
}

/// The name that the user's function gives to a run.
pub fn run_name(parameters: &Parameters<'_>, name: impl FnOnce(&Parameters<'_>) -> String) -> String {
    name(parameters)
}

/// What tells the instances of a generic function apart, as an input of the key.
pub fn type_input<T: ?Sized>(builder: &mut KeyBuilder<'_>, name: &'static str) {
    constant_input(builder, name, type_name::<T>());
}

/// A constant of a generic function as an input of the key.
pub fn constant_input<T: Serialize + ?Sized>(builder: &mut KeyBuilder<'_>, name: &'static str, value: &T) {
    builder.input(name, |hasher| write_key(value, name, hasher));
}
