//! What makes up the key.

use keepwell::prelude::*;

use super::fixture::{Runs, in_folder};

#[test]
fn an_argument_that_is_left_out_does_not_count() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS - "debug")]
    fn load(day: u32, debug: bool) -> u32 {
        let _ = debug;
        RUNS.count();
        day
    }
    in_folder(|| {
        load(1, true);
        load(1, false);
        load(2, false);
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn a_key_function_sees_the_task_and_its_arguments_by_name() {
    fn key(context: &TaskRunContext, parameters: &Parameters<'_>) -> Option<String> {
        let names: Vec<&str> = parameters.names().collect();
        let text = parameters.text("text")?;
        let list = parameters.get::<Option<u32>>("list")?;
        Some(format!("{} {names:?} {text} {list:?}", context.task.name))
    }
    #[task(cache_key_fn = key)]
    fn load(text: &str, list: &Option<u32>, hidden: &[&str]) -> usize {
        text.len() + list.iter().count() + hidden.len()
    }
    in_folder(|| {
        let state = load::bind("a", &Some(1), &["x"]).state();
        let key = state.details().cache_key.as_ref().unwrap().to_string();
        assert_eq!(key, "load [\"text\", \"list\", \"hidden\"] a Some(1)");
        assert_eq!(load::bind("a", &Some(1), &["y", "z"]).state().to_string(), "Cached(type=COMPLETED)");
    });
}

#[test]
fn a_key_function_that_gives_no_key_leaves_the_call_uncached() {
    static RUNS: Runs = Runs::new();
    #[task(cache_key_fn = |_, parameters| (parameters.get::<u32>("day") != Some(&0)).then(|| "day".to_owned()))]
    fn load(day: u32) -> u32 {
        RUNS.count();
        day
    }
    in_folder(|| {
        load(0);
        load(0);
        load(1);
        load(2);
        assert_eq!(RUNS.total(), 3);
    });
}

#[test]
fn flow_parameters_count_by_name_and_value() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = FLOW_PARAMETERS)]
    fn load() -> u32 {
        RUNS.count();
        1
    }
    #[flow]
    fn nightly(day: u32, user: &str) {
        let _ = (day, user);
        load();
    }
    in_folder(|| {
        nightly(1, "ada");
        nightly(1, "ada");
        nightly(2, "ada");
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn a_run_id_is_the_flow_runs() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = RUN_ID + INPUTS)]
    fn load(day: u32) -> u32 {
        RUNS.count();
        day
    }
    #[flow]
    fn nightly() {
        load(1);
        load(1);
    }
    in_folder(|| {
        nightly();
        assert_eq!(RUNS.total(), 1);
        nightly();
        assert_eq!(RUNS.total(), 2);
    });
}
