//! `keepwell-reliability`: breaks keepwell in every way that it promises to survive, and checks what is left.

fn main() {}
