//! Cache policies: which parts make up a task's key, and where and how its records are kept.
//!
//! A policy is a value: [`INPUTS`] and its siblings are added with `+`, arguments are left out with `- "name"`. A front end
//! asks the [`KeyBuilder`] of a policy which parts it wants, supplies their digests, and gets the key or the reason why
//! there is none. How bytes become a key is left to [`key`](crate::key).
//!
//! Pure: no input or output, no clock, no environment.

mod builder;
mod cache_policy;
mod choice;
mod composed_key;
mod key_function;
mod operators;
mod validation;

pub use builder::KeyBuilder;
pub use cache_policy::{
    BUILD, CachePolicy, Configuration, DEFAULT, FLOW_PARAMETERS, INPUTS, NO_CACHE, NONE, RUN_ID, SourceDepth,
    TASK_SOURCE,
};
pub use composed_key::{ComposedKey, NoKey};
pub use key_function::KeyFunction;
