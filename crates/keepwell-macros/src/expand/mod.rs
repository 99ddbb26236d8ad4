//! Writes the code of a task or flow.
//!
//! A free function gets a companion: a struct of the same name, which lives among types as the function does among
//! values. In an `impl` block no struct can stand, so there the same functions stand beside the method, and the method's
//! name is part of theirs.

mod bind;
mod definition;
mod expansion;
mod generics;
mod item;
mod requirements;
pub(crate) mod run_name;
mod setting;
mod submit;
mod table;

pub(crate) use item::function;
