//! Hooks: which run, and in which order.

use keepwell::prelude::*;
use keepwell::{Error, ErrorKind};
use parking_lot::Mutex;

use super::fixture::in_folder;

type Log = Mutex<Vec<String>>;

fn take(log: &Log) -> String {
    std::mem::take(&mut *log.lock()).join("; ")
}

#[test]
fn hooks_run_in_the_order_of_the_run_and_of_the_list() {
    static LOG: Log = Log::new(Vec::new());
    fn note(what: &str, context: &HookContext) {
        let state = context.state.as_ref().map_or("no state".to_owned(), |state| state.to_string());
        LOG.lock().push(format!("{what} {state}"));
    }
    fn second(context: &HookContext) {
        note("second", context);
    }
    #[task(
        cache_policy = INPUTS,
        on_running = |context| note("running", context),
        on_completion = [|context| note("completion", context), second],
        on_failure = second,
        on_commit = |context| note("commit", context),
        on_rollback = second,
    )]
    fn load(day: u32) -> Result<u32, String> {
        LOG.lock().push("body".to_owned());
        if day == 0 { Err("no such day".to_owned()) } else { Ok(day) }
    }
    in_folder(|| {
        load(1).unwrap();
        let ran = take(&LOG);
        load(1).unwrap();
        let hit = take(&LOG);
        load(0).unwrap_err();
        let failed = take(&LOG);
        assert_eq!(ran, "running Running(); body; commit no state; completion Completed(); second Completed()");
        assert_eq!(hit, "running Running(); completion Cached(type=COMPLETED); second Cached(type=COMPLETED)");
        assert_eq!(
            failed,
            "running Running(); body; second Failed('Task run encountered an exception String: no such day')"
        );
    });
}

#[test]
fn a_task_in_a_failed_transaction_is_rolled_back() {
    static LOG: Log = Log::new(Vec::new());
    #[task(cache_policy = INPUTS, on_commit = |_| LOG.lock().push("commit".into()), on_rollback = |_| LOG.lock().push("rollback".into()))]
    fn load(day: u32) -> u32 {
        day
    }
    in_folder(|| {
        let failed = transaction(|_| {
            load(1);
            Err::<(), Error>(Error::new(ErrorKind::User, "x"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "x");
        assert_eq!(take(&LOG), "rollback");
        assert_eq!(load::bind(1).state().to_string(), "Completed()");
        assert_eq!(take(&LOG), "commit");
    });
}

#[test]
fn a_flow_has_hooks_too() {
    static LOG: Log = Log::new(Vec::new());
    #[flow(
        name = "every night",
        flow_run_name = "night {day}",
        on_running = |context| LOG.lock().push(format!("{} running", context.run_name)),
        on_completion = |context| LOG.lock().push(format!("{} completed", context.run_name)),
        on_failure = |context| LOG.lock().push(format!("{} failed", context.run_name)),
    )]
    fn nightly(day: u32) -> Option<u32> {
        Some(day)
    }
    in_folder(|| {
        nightly(3);
        assert_eq!(take(&LOG), "night 3 running; night 3 completed");
        assert_eq!(&*nightly::flow().definition().options.name, "every night");
    });
}
