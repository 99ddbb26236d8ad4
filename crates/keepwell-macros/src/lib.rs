//! The attributes of keepwell. Use them through the crate `keepwell`, which re-exports them.
//!
//! Each goes the same way: `options` reads what stands in the attribute, `function` reads the function under it,
//! `check` compares the two, and `expand` writes the code. `source` takes digests of code. What the code written here
//! refers to is in `keepwell::__private`.

mod attribute;
mod check;
mod diagnostics;
mod expand;
mod function;
mod options;
mod source;

use proc_macro::TokenStream;

use attribute::Attribute;

/// Makes a function a task: its result is kept and found again, as its policy says.
///
/// Calling the function calls the task. Beside the function stands a type of the same name with the rest:
///
/// | | |
/// |---|---|
/// | `f::bind(arguments)` | the call, not yet run: `.call()`, `.state()`, `.with_options(…)` |
/// | `f::submit(arguments)` | has a worker thread run it; takes values or futures of other tasks |
/// | `f::map(list)` | submits once for each argument, or tuple of arguments, in the list |
/// | `f::task()` | the definition |
///
/// In an `impl` block they are functions beside the method, `f_bind`, `f_submit`, `f_map` and `f_task`. The attribute sees
/// that it is in one by a `self` or a `Self` in the signature; where there is neither, say `associated`. A trait's `impl`
/// has no room for them: let the trait's method call a task.
///
/// Arguments need names, since keys are made of them; they are owned or shared references. Results are owned. `async`
/// functions need futures that are `Send`, on any runtime.
///
/// # Options
/// | option | example | |
/// |---|---|---|
/// | `name` | `"load"` | the task's name; else the function's |
/// | `task_run_name` | `"load-{day}"`, or a function of `&Parameters` | the name of each run |
/// | `cache_policy` | `INPUTS - "debug"` | what the key is made of |
/// | `cache_key_fn` | a function of `&TaskRunContext, &Parameters` | the key itself |
/// | `cache_expiration` | `Duration::from_secs(86_400)` | how long a record counts |
/// | `refresh_cache` | `true` | run, and replace the record |
/// | `persist_result` | `true` | whether results are kept |
/// | `result_storage` | `"./results"` | where |
/// | `result_serializer` | `"json"`, `"cbor"`, `"compressed/json"` | how |
/// | `retries` | `3` | how often a failed call runs again; arguments must be `Clone` |
/// | `retry_delay` | a `Duration`, `[first, second]`, `exponential(first)` | the wait before |
/// | `retry_jitter_factor` | `0.5` | how much longer it may be, at random |
/// | `timeout` | `Duration::from_secs(60)` | needs `Result<_, E>` with `E: From<keepwell::Error>` |
/// | `tags` | `["nightly"]` | words that the task is found by |
/// | `version` | `"3"` | stands for the code in the key |
/// | `on_completion`, `on_failure`, `on_running`, `on_commit`, `on_rollback` | a function of `&HookContext`, or an array of them | |
/// | `depends_on` | `depends_on(helper, Type)` | code that counts as the task's: items with `#[keepwell::source]`, tasks, flows |
/// | `associated` | | the function stands in an `impl` block |
#[proc_macro_attribute]
pub fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::function(Attribute::Task, options.into(), item.into()).into()
}

/// Makes a function a flow: the tasks called in it share a flow run.
///
/// Calling the function calls the flow. Beside it stands a type of the same name: `f::bind(arguments)` is the call, not
/// yet run, with `.call()`, `.state()` and `.with_options(…)`; `f::flow()` is the definition. In an `impl` block they are
/// `f_bind` and `f_flow`, as with [`macro@task`].
///
/// # Options
/// `name`, `flow_run_name`, `persist_result`, `result_storage`, `retries`, `retry_delay`, `retry_jitter_factor`,
/// `timeout`, `tags`, `version`, `on_completion`, `on_failure`, `on_running`, `associated`: as with [`macro@task`].
/// `persist_result` and `result_storage` hold for the tasks in the flow that do not say otherwise.
#[proc_macro_attribute]
pub fn flow(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::function(Attribute::Flow, options.into(), item.into()).into()
}

/// Gives an item's code a digest, so that a task can name the item in `depends_on(…)`.
///
/// For functions, constants, structs, enums and `impl` blocks; a type and its `impl` block are one item with one digest,
/// so only one of the two can carry it. Beside a function or constant stands a type of the same name.
/// `#[source(depends_on(other))]` makes others count too.
#[proc_macro_attribute]
pub fn source(options: TokenStream, item: TokenStream) -> TokenStream {
    source::item(options.into(), item.into()).into()
}
