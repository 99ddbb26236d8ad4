use keepwell::prelude::*;

#[task(timeout = Duration::from_secs(1))]
fn plain() -> u32 {
    1
}

#[task(timeout = Duration::from_secs(1))]
fn no_room() -> Result<u32, String> {
    Ok(1)
}

#[flow(timeout = Duration::from_secs(1))]
fn flow_without_room() -> Result<u32, std::fmt::Error> {
    Ok(1)
}

fn main() {}
