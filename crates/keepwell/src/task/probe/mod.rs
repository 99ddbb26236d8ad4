//! What a function's types can do, found out while compiling. For the attributes alone.
//!
//! An attribute sees the name of a type and not what the type implements. The choice is made by method resolution, as in
//! [`value::dispatch`](crate::value::dispatch): of several methods of one name the compiler takes the one that needs the
//! fewest references taken off, among those whose bounds hold. For `n` choices the attribute writes `n` references, as in
//! `(&&&Probe::<R>::new()).failure()`; one too few, and the first choice is passed over.

mod codec;
mod failure;
mod refusal;

pub use codec::{
    ReturnCodec, ReturnsAnything, ReturnsAnythingOrError, ReturnsNumbers, ReturnsNumbersOrError, ReturnsSerialize,
    ReturnsSerializeOrError, refusing_codec,
};
pub use failure::{FailureDebugs, FailureDisplays, FailureOrNone};
pub use refusal::{RefusesByError, RefusesByPanic};

pub use crate::value::dispatch::Probe;
