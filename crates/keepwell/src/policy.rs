//! Cache policies: which parts of a call make up its key. See [`keepwell_core::policy`].

pub use keepwell_core::policy::{
    BUILD, CachePolicy, DEFAULT, FLOW_PARAMETERS, INPUTS, NO_CACHE, NONE, RUN_ID, SourceDepth, TASK_SOURCE,
};

use crate::context::TaskRunContext;
use crate::task::{IntoCacheKey, Parameters, cache_key_fn};

/// A policy whose key, or part of a key, is the text that a function returns.
///
/// Alone, that text *is* the key; in a sum (`CacheKeyFnPolicy(f) + RUN_ID`) it is one part of the key. A function that
/// returns `None` leaves the call uncached. The function is known by the name of its type, so two closures are two
/// functions.
#[expect(non_snake_case, reason = "policies are written as constants are, and this one takes a function")]
pub fn CacheKeyFnPolicy<K: IntoCacheKey>(
    function: impl Fn(&TaskRunContext, &Parameters<'_>) -> K + Send + Sync + 'static,
) -> CachePolicy {
    cache_key_fn(std::any::type_name_of_val(&function), function).into()
}
