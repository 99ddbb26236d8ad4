use keepwell::prelude::*;

#[task(retries = "three", timeout = 60, tags = "nightly", result_serializer = "yaml", refresh_cache = 1)]
fn load(day: u32) -> Result<u32, keepwell::Error> {
    Ok(day)
}

#[task(retry_delay = [1, 2], retry_jitter_factor = -0.5, cache_expiration = 3600, persist_result = "yes")]
fn store(day: u32) -> u32 {
    day
}

fn main() {}
