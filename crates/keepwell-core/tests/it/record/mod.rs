//! Result records: what is written comes back, and nothing else does.

mod corruption;
mod envelope;
mod fixtures;
mod mutation;
mod refusal;
mod round_trip;
mod sample;
