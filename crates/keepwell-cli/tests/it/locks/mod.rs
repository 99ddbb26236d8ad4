//! `keepwell locks`

mod folder;
