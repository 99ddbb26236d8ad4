//! `keepwell locks`

mod folder;
mod leases;
