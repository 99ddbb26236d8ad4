//! Tasks and flows from what a scenario says of them.

use std::time::Duration;

use keepwell::flow::Flow;
use keepwell::policy::CachePolicy;
use keepwell::task::{Code, HookContext, Parameters, Task, cache_key_fn, hook};
use keepwell_core::hook::Hook;
use keepwell_core::key::Digest;
use keepwell_core::policy::KeyFunction;
use keepwell_core::record::SerializerName;
use keepwell_core::run::{RunHooks, TaskOptions};
use keepwell_core::storage::StorageLocation;
use serde_json::Value;

use super::policy::{configured, policy};
use super::returned::Given;
use super::scenario::{Definition, HookKind, Returns};
use super::world::World;

/// A task or flow, ready to be called. It lives as long as the tests run, as one in a program would.
pub(super) struct Callable<D: 'static> {
    pub(super) defined: &'static D,
    pub(super) parameters: &'static [&'static str],
    pub(super) returns: Returns,
}

pub(super) fn task(name: &str, definition: &Definition, world: &World) -> Callable<Task> {
    let parameters = definition.parameters();
    let code = Code::new(Digest::of(definition.code.as_bytes()), &[]);
    let task = Task::new(name, parameters, code, |options| set_options(options, name, definition, world));
    Callable { defined: Box::leak(Box::new(task)), parameters, returns: definition.returns }
}

pub(super) fn flow(name: &str, definition: &Definition, world: &World) -> Callable<Flow> {
    let flow = Flow::new(name, |options| {
        options.persist_result = definition.persist;
        options.result_storage = location(definition.storage.as_deref(), world);
        options.retries = definition.retries;
        options.hooks = hooks(name, definition);
    });
    let parameters = definition.parameters();
    Callable { defined: Box::leak(Box::new(flow)), parameters, returns: definition.returns }
}

fn set_options(options: &mut TaskOptions, name: &str, definition: &Definition, world: &World) {
    let key = definition.key.as_deref().map(|template| key_function(name, template));
    match (&definition.policy, key) {
        (Some(expression), key) => {
            let is_part = expression.split_whitespace().any(|word| word == "KEY");
            let chosen = policy(expression, key.clone().map(CachePolicy::from).as_ref());
            options.cache_policy = Some(configured(chosen, definition, world));
            options.cache_key_fn = key.filter(|_| !is_part);
        }
        (None, key) => options.cache_key_fn = key,
    }
    options.cache_expiration = definition.expires.map(Duration::from_secs_f64);
    options.refresh_cache = definition.refresh;
    options.persist_result = definition.persist;
    options.result_storage = location(definition.storage.as_deref(), world);
    options.result_serializer = definition.serializer.as_deref().map(|name| SerializerName::new(name).unwrap());
    options.retries = definition.retries;
    options.version = definition.version.as_deref().map(Into::into);
    options.hooks = hooks(name, definition);
}

fn location(folder: Option<&str>, world: &World) -> Option<StorageLocation> {
    folder.map(|name| world.folder(name).into())
}

/// The function that fills a template's `{names}` in. It gives no key where one of them is null.
fn key_function(task: &str, template: &str) -> KeyFunction {
    let template = template.to_owned();
    cache_key_fn(&format!("key_of_{task}"), move |context, parameters| {
        filled_in(&template, &context.task.name, parameters)
    })
}

fn filled_in(template: &str, task: &str, parameters: &Parameters<'_>) -> Option<String> {
    let mut pieces = template.split(['{', '}']);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    while let (Some(name), Some(after)) = (pieces.next(), pieces.next()) {
        match parameters.get::<Given>(name).map(|given| &given.0) {
            Some(Value::Null) => return None,
            Some(Value::String(value)) => text.push_str(value),
            Some(value) => text.push_str(&value.to_string()),
            None if name == "task" => text.push_str(task),
            None => panic!("there is no input `{name}`"),
        }
        text.push_str(after);
    }
    Some(text)
}

/// Hooks that are named like what they belong to, so that the log tells whose they are.
fn hooks(name: &str, definition: &Definition) -> RunHooks {
    let mut hooks = RunHooks::default();
    for (kind, fails) in definition.all_hooks() {
        let list = match kind {
            HookKind::Running => &mut hooks.running,
            HookKind::Completion => &mut hooks.completion,
            HookKind::Failure => &mut hooks.failure,
            HookKind::Commit => &mut hooks.commit,
            HookKind::Rollback => &mut hooks.rollback,
        };
        list.push(named_hook(name, fails));
    }
    hooks
}

fn named_hook(name: &str, fails: bool) -> Hook {
    hook(name, hook_body(fails))
}

/// What a hook does: nothing, or fail.
pub(super) fn hook_body(fails: bool) -> impl Fn(&HookContext) + Send + Sync + 'static {
    move |_| assert!(!fails, "the hook failed")
}
