//! Leases: locks that end by themselves unless their holder says in time that it is still there.
//!
//! A lock manager that nobody's death is reported to grants a lock for a time, and [begins](Lease::begin) a lease for it.
//! One thread of the process renews all leases, and tells whoever waits for it that one is lost. That a lease is held is
//! a promise to no one: what may be committed is decided by the storage.

mod course;
mod heart;
mod held;
mod on_lost;
mod terms;

pub use course::LeaseState;
pub use held::{Lease, Renew, Renewal};
pub use on_lost::OnLeaseLost;
pub use terms::LeaseTerms;
