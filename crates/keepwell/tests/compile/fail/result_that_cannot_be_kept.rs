use keepwell::prelude::*;

struct Opaque;

#[task(persist_result = true)]
fn plain() -> Opaque {
    Opaque
}

#[task(result_serializer = "json")]
fn fallible() -> Result<Opaque, String> {
    Ok(Opaque)
}

#[task(cache_policy = RUN_ID)]
fn generic<T: Default>() -> T {
    T::default()
}

fn main() {}
