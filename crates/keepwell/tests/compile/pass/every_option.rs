use keepwell::prelude::*;

fn key(_: &TaskRunContext, parameters: &Parameters<'_>) -> Option<String> {
    parameters.get::<u32>("day").map(u32::to_string)
}

fn notify(_: &HookContext) {}

#[derive(Debug)]
struct Failure;

impl From<keepwell::Error> for Failure {
    fn from(_: keepwell::Error) -> Self {
        Self
    }
}

const NAME: &str = "load from a file";

#[source]
struct Table;

#[source(depends_on(Table))]
fn helper() {}

#[task(
    name = NAME,
    task_run_name = |parameters: &Parameters<'_>| format!("load-{:?}", parameters.get::<u32>("day")),
    cache_key_fn = key,
    cache_expiration = Duration::from_secs(60),
    refresh_cache = false,
    persist_result = true,
    result_storage = "./results",
    result_serializer = "compressed/json",
    retries = 3,
    retry_delay = exponential(Duration::from_millis(1)),
    retry_jitter_factor = 0.5,
    timeout = Duration::from_secs(60),
    tags = ["nightly", "slow"],
    version = "3",
    on_completion = notify,
    on_failure = [notify, |context| println!("{}", context.run_name)],
    on_running = |_| {},
    on_commit = notify,
    on_rollback = notify,
    depends_on(Table, helper),
)]
fn load(day: u32) -> Result<u32, Failure> {
    helper();
    let _ = Table;
    Ok(day)
}

#[task(cache_key_fn = |context, parameters| format!("{}-{:?}", context.task_run_name, parameters), retry_delay = vec![Duration::ZERO])]
fn closures(day: u32) -> u32 {
    day
}

#[flow(
    name = "nightly",
    flow_run_name = "nightly-{day:03}",
    persist_result = true,
    result_storage = std::path::Path::new("./results"),
    retries = 1,
    retry_delay = [Duration::ZERO, Duration::from_secs(1)],
    retry_jitter_factor = 0.0,
    timeout = Duration::from_secs(60),
    tags = vec![String::from("slow")],
    version = "1",
    on_completion = notify,
    on_failure = notify,
    on_running = notify,
)]
async fn nightly(day: u32) -> Result<u32, Failure> {
    closures(day);
    load(day)
}

fn main() {}
