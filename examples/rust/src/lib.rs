//! The examples of keepwell: the programs are in `src/bin`. Here, the Rust code of the README and the user guide is compiled as
//! documentation examples.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/user-guide.md")]
mod user_guide {}
