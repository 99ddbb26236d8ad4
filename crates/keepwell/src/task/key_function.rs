//! Key functions: the user's own way from a call to its key.

use std::fmt;
use std::sync::Arc;

use keepwell_core::policy::KeyFunction;

use super::Parameters;
use crate::context::TaskRunContext;

type Function = dyn Fn(&TaskRunContext, &Parameters<'_>) -> Option<String> + Send + Sync;

/// What the engine's handle of a key function leads to.
struct Handle(Box<Function>);

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("key function")
    }
}

/// What a key function may return: a text, or an optional one where "none" means that the call is not cached.
pub trait IntoCacheKey {
    /// The key's text, or none.
    fn into_cache_key(self) -> Option<String>;
}

impl IntoCacheKey for String {
    fn into_cache_key(self) -> Option<String> {
        Some(self)
    }
}

impl IntoCacheKey for &str {
    fn into_cache_key(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl<T: IntoCacheKey> IntoCacheKey for Option<T> {
    fn into_cache_key(self) -> Option<String> {
        self.and_then(T::into_cache_key)
    }
}

/// A key function for [`CacheKeyFnPolicy`](crate::policy::CacheKeyFnPolicy) and `#[task(cache_key_fn = …)]`.
///
/// Alone, the text that it returns *is* the key; added to a policy, it is one part of the key. `name` stands for it in
/// messages and, where it is a part, in the key.
pub fn cache_key_fn<K: IntoCacheKey>(
    name: &str,
    function: impl Fn(&TaskRunContext, &Parameters<'_>) -> K + Send + Sync + 'static,
) -> KeyFunction {
    let function: Box<Function> = Box::new(move |context, parameters| function(context, parameters).into_cache_key());
    KeyFunction::new(name, Arc::new(Handle(function)))
}

/// Calls a key function. None means that the call is not cached, or that the handle is not one of ours.
pub(super) fn call(function: &KeyFunction, context: &TaskRunContext, parameters: &Parameters<'_>) -> Option<String> {
    let handle = function.handle().downcast_ref::<Handle>()?;
    (handle.0)(context, parameters)
}
