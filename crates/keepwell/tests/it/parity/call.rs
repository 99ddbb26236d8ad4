//! Calls of tasks and flows whose body does what a step says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keepwell::task::{CallTable, Parameters, ReturnTable};
use keepwell::value::{formats, write_key};
use serde_json::Value;

use super::returned::{Failure, Given, Returned};
use super::scenario::Returns;
use super::step::Step;
use super::world::World;

/// What a body is given: its inputs, and what it is to do.
#[derive(Clone)]
pub(super) struct Arguments<'w> {
    pub(super) world: &'w World,
    pub(super) step: &'w Step,
    /// The name under which the runs of the body are counted.
    name: &'w str,
    returns: Returns,
    inputs: Vec<(&'static str, Given)>,
    /// How often the body ran in this call.
    runs: Arc<AtomicU32>,
}

pub(super) type Return = Result<Returned, Failure>;

impl<'w> Arguments<'w> {
    /// The arguments of the call that `step` asks for. What it does not give is null.
    pub(super) fn new(
        world: &'w World,
        step: &'w Step,
        name: &'w str,
        parameters: &[&'static str],
        returns: Returns,
    ) -> Self {
        let unknown = step.inputs.keys().find(|input| !parameters.contains(&input.as_str()));
        assert!(unknown.is_none(), "`{name}` has no input {unknown:?}");
        let given = |&name: &&'static str| (name, Given(step.inputs.get(name).cloned().unwrap_or(Value::Null)));
        let inputs = parameters.iter().map(given).collect();
        Self { world, step, name, returns, inputs, runs: Arc::default() }
    }

    /// How often the body has run, also once the call is over.
    pub(super) fn runs(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.runs)
    }
}

/// The body of every task and flow.
pub(super) fn body(arguments: Arguments<'_>) -> Return {
    let Arguments { world, step, .. } = arguments;
    let run = arguments.runs.fetch_add(1, Ordering::SeqCst);
    let number = world.count(arguments.name);
    if step.meet {
        world.meet();
    }
    world.perform_all(&step.steps, run as usize);
    if run < step.fails { Err(Failure) } else { Ok(Returned::new(arguments.returns, number)) }
}

/// What an attribute would know of such a body.
pub(super) fn table<'w>() -> CallTable<Arguments<'w>, Return> {
    CallTable {
        inputs: |arguments, builder| {
            for (name, value) in &arguments.inputs {
                builder.input(*name, |hasher| write_key(value, &format!("parameters.{name}"), hasher));
            }
        },
        parameters: |arguments| {
            arguments.inputs.iter().fold(Parameters::new(), |all, (name, value)| all.with(name, Some(value)))
        },
        run_name: None,
        are_clonable: |_| true,
        try_clone: |arguments| Some(arguments.clone()),
        returned: ReturnTable {
            failure: |returned| returned.as_ref().err().map(|failure| format!("Failure: {failure}")),
            encode: |returned, serializer| {
                let value = returned.as_ref().expect("only what a body returned is kept");
                formats::encode(value, serializer)
            },
            decode: |value| formats::decode(value).map(Ok),
            refuse: Err,
        },
    }
}
