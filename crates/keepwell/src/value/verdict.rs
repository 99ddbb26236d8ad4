//! Requirements that an option puts on a type, and the compile errors when the type does not meet them.
//!
//! A bound would make the compiler speak of traits that the user never named. So a probe answers with [`Yes`] or [`No`],
//! and only [`Yes`] satisfies the requirement, whose message says what to write.

use std::marker::PhantomData;

/// The type does.
#[derive(Debug)]
pub struct Yes;

/// The type does not, as far as is known where the question was asked.
#[derive(Debug)]
pub struct No;

/// The answer `V` for the type `T`.
#[derive(Debug)]
pub struct Verdict<T: ?Sized, V>(PhantomData<fn(&T) -> V>);

impl<T: ?Sized, V> Verdict<T, V> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A task that keeps its results returns a `T`.
#[diagnostic::on_unimplemented(
    message = "a result of type `{T}` cannot be kept",
    label = "it is not both `Serialize` and `DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it",
    note = "or let nothing be kept: `#[task(persist_result = false)]` alone"
)]
pub trait Keeps<T: ?Sized> {}

impl<T: ?Sized> Keeps<T> for Yes {}

/// Compiles if the task's result can be kept.
pub const fn require_keeps<T: ?Sized, V: Keeps<T>>(_: Verdict<T, V>) {}

/// A task whose policy has `INPUTS` takes a `T`.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{T}` cannot be part of a cache key",
    label = "it is not `Serialize`",
    note = "derive `serde::Serialize` for it, or leave the argument out: `INPUTS - \"name\"`"
)]
pub trait Hashes<T: ?Sized> {}

impl<T: ?Sized> Hashes<T> for Yes {}

/// Compiles if the argument can be part of a key.
pub const fn require_hashes<T: ?Sized, V: Hashes<T>>(_: Verdict<T, V>) {}

/// A function that is retried takes a `T`.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{T}` cannot be given to a retry",
    label = "it is not `Clone`",
    note = "each attempt takes its own arguments: derive `Clone`, or take a reference or an `Arc`"
)]
pub trait Clones<T: ?Sized> {}

impl<T: ?Sized> Clones<T> for Yes {}

/// Compiles if the argument can be cloned for another attempt.
pub const fn require_clones<T: ?Sized, V: Clones<T>>(_: Verdict<T, V>) {}

/// A function with a timeout returns a `T`.
#[diagnostic::on_unimplemented(
    message = "`{T}` has no room for keepwell's error when the `timeout` runs out",
    label = "not a `Result<_, E>` where `E: From<keepwell::Error>`",
    note = "return `Result<_, keepwell::Error>`, or implement `From<keepwell::Error>` for the error"
)]
pub trait HasRoom<T: ?Sized> {}

impl<T: ?Sized> HasRoom<T> for Yes {}

/// Compiles if the return type has room for keepwell's own error.
pub const fn require_room<T: ?Sized, V: HasRoom<T>>(_: Verdict<T, V>) {}
