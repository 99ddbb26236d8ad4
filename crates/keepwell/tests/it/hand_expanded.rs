//! What the attributes expand to, written by hand: the contract between `keepwell-macros` and `keepwell::__private`.

#![allow(non_camel_case_types, clippy::needless_borrow, reason = "as the attributes write it")]

use std::sync::atomic::{AtomicUsize, Ordering};

use keepwell::prelude::*;

static RUNS: AtomicUsize = AtomicUsize::new(0);

// #[task(cache_policy = INPUTS, cache_expiration = Duration::from_secs(86_400))]
// fn hello_task(name: String) -> String { … }

fn hello_task(name: String) -> String {
    hello_task::bind(name).call()
}

struct hello_task {}

impl ::keepwell::__private::Source for hello_task {
    const SOURCE: ::keepwell::__private::Digest = ::keepwell::__private::Digest::from_bytes([7; 32]);
}

impl hello_task {
    fn task() -> &'static ::keepwell::__private::Task {
        static TASK: ::keepwell::__private::LazyLock<::keepwell::__private::Task> =
            ::keepwell::__private::LazyLock::new(|| {
                ::keepwell::__private::Task::new(
                    "hello_task",
                    &["name"],
                    <hello_task as ::keepwell::__private::Source>::SOURCE,
                    |options| {
                        options.cache_policy = Some(INPUTS);
                        options.cache_expiration = Some(Duration::from_secs(86_400));
                    },
                )
            });
        &TASK
    }

    fn table() -> ::keepwell::__private::CallTable<(String,), String> {
        use ::keepwell::__private::*;
        let (encode, decode) = (&&&&Probe::<String>::new()).return_codec();
        CallTable {
            inputs: |arguments, builder| {
                let (name,) = arguments;
                builder.input("name", |hasher| (&&&Probe::of(name)).write_key()(name, "name", hasher));
            },
            parameters: |arguments| {
                let (name,) = arguments;
                Parameters::new().with("name", Some(name))
            },
            run_name: None,
            try_clone: |arguments| {
                let (name,) = arguments;
                Some(((&&Probe::of(name)).cloner()?(name),))
            },
            returned: ReturnTable {
                failure: (&&Probe::<String>::new()).failure(),
                encode,
                decode,
                refuse: (&Probe::<String>::new()).refuse(),
            },
        }
    }

    /// The call with these arguments, not yet run.
    fn bind(name: String) -> ::keepwell::__private::Call<(String,), String> {
        fn body(name: String) -> String {
            RUNS.fetch_add(1, Ordering::Relaxed);
            format!("hello {name}")
        }
        ::keepwell::__private::Call::new(Self::task(), Self::table(), |(name,)| body(name), (name,))
    }

    /// Has a worker thread run the task.
    fn submit(name: impl ::keepwell::__private::IntoInput<String>) -> ::keepwell::__private::TaskFuture<String> {
        let name = name.into_input();
        ::keepwell::__private::submit(move || Ok(Self::bind(name.resolve()?)), Self::table().returned.refuse)
    }
}

#[test]
fn the_second_call_is_a_hit() {
    let folder = tempfile::tempdir().unwrap();
    let overrides = keepwell::settings::Overrides::new()
        .set("KEEPWELL_RESULTS_LOCAL_STORAGE_PATH", folder.path().to_str().unwrap())
        .unwrap();
    keepwell::settings::with_overrides(&overrides, || {
        assert_eq!(hello_task("Ada".to_owned()), "hello Ada");
        let state = hello_task::bind("Ada".to_owned()).state();
        assert_eq!(state.to_string(), "Cached(type=COMPLETED)");
        assert_eq!(state.result().unwrap(), "hello Ada");
        assert_eq!(RUNS.load(Ordering::Relaxed), 1);
        assert_eq!(hello_task::submit("Ada".to_owned()).result(), "hello Ada");
    })
    .unwrap();
}
