//! Settings, from files and variables to typed values.

mod documentation;
mod errors;
mod fixture;
mod loading;
mod precedence;
mod profiles;
