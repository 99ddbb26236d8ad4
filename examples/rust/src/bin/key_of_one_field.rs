//! An input that cannot be serialized, known by one of its fields: a key function as one part of the key.

use keepwell::prelude::*;

/// A connection, say: nothing that could be written down.
#[derive(Clone)]
struct NotSerializable;

#[derive(Clone)]
struct ContainsNonSerializable {
    name: String,
    _bad_object: NotSerializable,
}

fn name_of_object(_: &TaskRunContext, parameters: &Parameters<'_>) -> Option<String> {
    let object: &ContainsNonSerializable = parameters.get("some_object")?;
    Some(object.name.clone())
}

#[task(cache_policy = CacheKeyFnPolicy(name_of_object) + RUN_ID)]
fn use_object(some_object: ContainsNonSerializable) -> String {
    format!("Used {}", some_object.name)
}

#[flow]
fn demo_flow() {
    let object = ContainsNonSerializable { name: "test".to_owned(), _bad_object: NotSerializable };
    let state = use_object::bind(object.clone()).state(); // not cached
    let other_state = use_object::bind(object).state(); // cached
    println!("{state:?}, then {other_state:?}");
    println!("{:?} = {:?}", state.result(), other_state.result());
}

fn main() {
    demo_flow();
}
