//! What functions with the attributes do when they run. What compiles at all is in `tests/compile`.

mod asynchronous;
mod calls;
mod failures;
mod fixture;
mod flows;
mod hooks;
mod keys;
mod methods;
mod retries;
mod source;
mod submission;
