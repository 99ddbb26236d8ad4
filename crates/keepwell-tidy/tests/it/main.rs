//! The rules, each on a small tree that breaks it.

mod rules;
