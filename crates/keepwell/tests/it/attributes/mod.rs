//! What functions with the attributes do when they run. What compiles at all is in `tests/compile`.

mod asynchronous;
mod calls;
mod failures;
mod fixture;
mod flows;
mod given_up;
mod hooks;
mod keys;
mod lost_lease;
mod methods;
mod retries;
mod source;
mod submission;
