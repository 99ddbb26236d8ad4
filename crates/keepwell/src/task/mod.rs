//! Tasks: what `#[task]` makes of a function.
//!
//! A [`Task`] is the definition, made once. A [`Call`] (or [`AsyncCall`]) is one call of it with its arguments, not yet
//! run: run it for its value, for its [`RunState`], or on another thread. The engine decides; `caller` does what it asks for.

mod call;
mod caller;
mod definition;
mod future;
pub(crate) mod hook;
mod input;
mod key_function;
mod outcome;
mod parameters;
#[doc(hidden)]
pub mod probe;
mod retry_delay;
mod source;
mod table;

pub use crate::calling::BoxFuture;
pub use call::{AsyncCall, Call, Runnable};
pub use definition::Task;
pub use future::{TaskFuture, submit};
pub use hook::{HookContext, hook};
pub use input::{Input, IntoInput, UpstreamFailed};
pub use key_function::{IntoCacheKey, cache_key_fn};
pub use outcome::RunState;
pub(crate) use outcome::{Outcome, panic_message};
pub use parameters::Parameters;
pub use retry_delay::IntoRetryDelay;
pub use source::{AddSource, Code, Source, add_with};
pub use table::{CallTable, ReturnTable};
