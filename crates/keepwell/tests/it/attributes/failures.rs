//! Errors, panics and timeouts: never kept, and the caller gets what the function gave.

use std::panic::catch_unwind;
use std::thread::sleep;

use keepwell::prelude::*;
use keepwell::{Error, ErrorKind};

use super::fixture::{Runs, block_on_in_folder, in_folder};

#[test]
fn an_error_is_not_kept_and_reaches_the_caller_as_it_is() {
    #[derive(Debug, PartialEq)]
    struct Refused(usize);
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn load(day: u32) -> Result<u32, Refused> {
        match RUNS.count() {
            1 => Err(Refused(1)),
            _ => Ok(day),
        }
    }
    in_folder(|| {
        assert_eq!(load(7), Err(Refused(1)));
        assert_eq!((load(7), load(7)), (Ok(7), Ok(7)));
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn the_state_of_a_failure_names_the_error_and_holds_it() {
    #[task]
    fn load() -> Result<u32, std::num::ParseIntError> {
        "x".parse()
    }
    in_folder(|| {
        let state = load::bind().state();
        let text = "Failed('Task run encountered an exception ParseIntError: invalid digit found in string')";
        assert_eq!(state.to_string(), text);
        assert_eq!(state.result().unwrap(), "x".parse::<u32>());
    });
}

#[test]
fn a_panic_is_not_kept_and_reaches_the_caller_as_it_is() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn load(day: u32) -> u32 {
        if RUNS.count() == 1 {
            std::panic::panic_any(day);
        }
        day
    }
    in_folder(|| {
        let panic = catch_unwind(|| load(7)).unwrap_err();
        assert_eq!(panic.downcast_ref::<u32>(), Some(&7));
        assert_eq!(load(7), 7);
        let error = load::bind(7).with_options(|options| options.refresh_cache = Some(true)).state().result();
        assert_eq!(error.unwrap(), 7);
    });
}

#[test]
fn the_state_of_a_panic_is_an_error_of_the_user() {
    #[task]
    fn load() {
        panic!("no such day");
    }
    in_folder(|| {
        let error = load::bind().state().result().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::User, "the function panicked: no such day"));
    });
}

#[test]
fn a_function_that_took_too_long_returns_the_engines_error() {
    #[task(cache_policy = INPUTS, timeout = Duration::from_millis(5))]
    fn slow(pause: u64) -> Result<u64, Error> {
        sleep(Duration::from_millis(pause));
        Ok(pause)
    }
    in_folder(|| {
        assert_eq!(slow(50).unwrap_err().to_string(), "Task run exceeded timeout of 0.005 second(s)");
        assert_eq!(slow::bind(50).state().state_type().as_str(), "FAILED");
        assert_eq!(slow(0).unwrap(), 0);
    });
}

#[test]
fn an_async_function_is_stopped_when_its_time_runs_out() {
    #[derive(Debug, PartialEq)]
    struct Late(String);
    impl From<Error> for Late {
        fn from(error: Error) -> Self {
            Self(error.to_string())
        }
    }
    #[task(timeout = Duration::from_millis(5))]
    async fn endless() -> Result<u32, Late> {
        std::future::pending().await
    }
    #[flow(timeout = Duration::from_millis(5))]
    async fn endless_flow() -> Result<u32, Late> {
        std::future::pending().await
    }
    block_on_in_folder(async {
        let late = |kind| Err(Late(format!("{kind} run exceeded timeout of 0.005 second(s)")));
        assert_eq!(endless().await, late("Task"));
        assert_eq!(endless_flow().await, late("Flow"));
    });
}
