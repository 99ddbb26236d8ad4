//! Settings: every one named once, and where its value came from.
