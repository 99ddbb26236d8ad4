//! Calls of ordinary functions: hits, options, names.

use keepwell::prelude::*;

use super::fixture::{Runs, in_folder};

#[test]
fn the_second_call_with_equal_arguments_does_not_run() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn hello(name: String) -> String {
        RUNS.count();
        format!("hello {name}")
    }
    in_folder(|| {
        assert_eq!(hello("Ada".to_owned()), "hello Ada");
        assert_eq!(hello("Ada".to_owned()), "hello Ada");
        assert_eq!(hello("Bob".to_owned()), "hello Bob");
        assert_eq!(RUNS.total(), 2);
        let state = hello::bind("Ada".to_owned()).state();
        assert_eq!(
            (state.to_string().as_str(), state.result().unwrap().as_str()),
            ("Cached(type=COMPLETED)", "hello Ada")
        );
    });
}

#[test]
fn arguments_behind_references_count_by_their_content() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn sum(numbers: &[u32], name: &str, mut start: u32) -> u32 {
        RUNS.count();
        start += u32::try_from(name.len()).unwrap();
        numbers.iter().sum::<u32>() + start
    }
    in_folder(|| {
        assert_eq!(sum(&[1, 2], "a", 0), 4);
        assert_eq!(sum(&Vec::from([1, 2]), &String::from("a"), 0), 4);
        assert_eq!(sum(&[2, 2], "a", 0), 5);
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn the_instances_of_a_generic_function_never_share_a_result() {
    #[task(cache_policy = INPUTS)]
    fn parse<T: std::str::FromStr + serde::Serialize + serde::de::DeserializeOwned + Default>(text: &str) -> T {
        text.parse().unwrap_or_default()
    }
    #[task(cache_policy = INPUTS)]
    fn ring<const SIZE: u32>(number: u32) -> u32 {
        number % SIZE
    }
    in_folder(|| {
        assert_eq!((parse::<u8>("300"), parse::<u32>("300")), (0, 300));
        assert_eq!((ring::<3>(10), ring::<4>(10)), (1, 2));
        assert_eq!(parse::bind::<u32>("300").state().to_string(), "Cached(type=COMPLETED)");
    });
}

#[test]
fn a_call_with_other_options_leaves_the_task_as_it_is() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn next(number: u32) -> u32 {
        RUNS.count();
        number + 1
    }
    in_folder(|| {
        next(1);
        let refreshed = next::bind(1).with_options(|options| options.refresh_cache = Some(true)).state();
        assert_eq!(refreshed.to_string(), "Completed()");
        assert_eq!(next::bind(1).state().to_string(), "Cached(type=COMPLETED)");
        assert_eq!(RUNS.total(), 2);
        assert_eq!(next::task().definition().refresh_cache, None);
    });
}

#[test]
fn options_reach_the_definition() {
    #[task(
        name = "load a day",
        version = "3",
        tags = ["nightly", "slow"],
        retries = 2,
        retry_delay = exponential(Duration::from_secs(1)),
        retry_jitter_factor = 0.5,
        cache_expiration = Duration::from_secs(60),
        refresh_cache = true,
        persist_result = true,
        result_storage = "./results",
        result_serializer = "compressed/json"
    )]
    fn load(day: u32) -> u32 {
        day
    }
    let definition = load::task().definition();
    let retry = format!("{:?}", definition.retry);
    assert_eq!(&*definition.name, "load a day");
    assert_eq!(definition.version.as_deref(), Some("3"));
    assert_eq!(definition.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["nightly", "slow"]);
    assert_eq!(retry, "RetryPolicy { retries: 2, delay: Exponential(1s), jitter_factor: 0.5 }");
    assert_eq!(definition.cache_expiration, Some(Duration::from_secs(60)));
    assert_eq!((definition.refresh_cache, definition.persist_result), (Some(true), Some(true)));
    assert_eq!(definition.result_storage.as_ref().unwrap().to_string(), "./results");
    assert_eq!(definition.result_serializer.as_ref().unwrap().as_str(), "compressed/json");
    assert_eq!(load::bind(1).with_options(|options| options.persist_result = Some(false)).call(), 1);
}

#[test]
fn runs_are_named_from_the_arguments() {
    fn own_name() -> String {
        keepwell::context::task_run().unwrap().task_run_name.to_string()
    }
    #[task(task_run_name = "load-{day:03}-{user}-{{}}")]
    fn formatted(user: &str, day: u32) -> String {
        let _ = (user, day);
        own_name()
    }
    #[task(task_run_name = |parameters| format!("{}/{:?}", parameters.text("user").unwrap(), parameters.get::<u32>("day")))]
    fn by_function(user: &str, day: u32) -> String {
        let _ = (user, day);
        own_name()
    }
    in_folder(|| {
        assert_eq!(formatted("ada", 7), "load-007-ada-{}");
        assert_eq!(by_function("ada", 7), "ada/Some(7)");
    });
}

#[test]
fn a_task_called_in_a_task_has_its_own_record() {
    static INNER: Runs = Runs::new();
    static OUTER: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn inner(number: u32) -> u32 {
        INNER.count();
        number + 1
    }
    #[task(cache_policy = INPUTS + TASK_SOURCE)]
    fn outer(number: u32) -> u32 {
        OUTER.count();
        inner(number) + inner(number)
    }
    in_folder(|| {
        assert_eq!((outer(1), outer(1)), (4, 4));
        assert_eq!(inner(1), 2);
        assert_eq!((OUTER.total(), INNER.total()), (1, 1));
    });
}

#[test]
fn a_recursive_task_keeps_every_step() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    fn fibonacci(number: u32) -> u64 {
        RUNS.count();
        if number < 2 { u64::from(number) } else { fibonacci(number - 1) + fibonacci(number - 2) }
    }
    in_folder(|| {
        assert_eq!(fibonacci(30), 832_040);
        assert_eq!(RUNS.total(), 31);
    });
}

#[test]
fn what_is_plainly_never_kept_may_borrow_and_always_runs() {
    static RUNS: Runs = Runs::new();
    #[task(persist_result = false)]
    fn first<'t>(text: &'t str, _other: &str) -> &'t str {
        RUNS.count();
        &text[..1]
    }
    in_folder(|| {
        assert_eq!((first("abc", "x"), first("abc", "x")), ("a", "a"));
        assert_eq!(RUNS.total(), 2);
    });
}
