//! Flows: what they give to the tasks in them.

use keepwell::context;
use keepwell::prelude::*;

use super::fixture::{Runs, in_folder, tokio_in_folder};

#[test]
fn a_flow_runs_every_time_and_its_cached_tasks_do_not() {
    static TASKS: Runs = Runs::new();
    static FLOWS: Runs = Runs::new();
    #[task(cache_policy = INPUTS, cache_expiration = Duration::from_secs(86_400))]
    fn hello_task(name: String) -> String {
        TASKS.count();
        format!("hello {name}")
    }
    #[flow]
    fn hello_flow(name: String) {
        FLOWS.count();
        hello_task(name.clone());
        hello_task(name);
    }
    in_folder(|| {
        hello_flow("Ada".to_owned());
        hello_flow("Ada".to_owned());
        assert_eq!((FLOWS.total(), TASKS.total()), (2, 1));
    });
}

#[test]
fn persistence_of_a_flow_holds_for_its_tasks() {
    static RUNS: Runs = Runs::new();
    #[task]
    fn load(day: u32) -> u32 {
        RUNS.count();
        day
    }
    #[flow(persist_result = true)]
    fn keeping() {
        load(1);
        load(1);
    }
    #[flow]
    fn not_keeping() {
        load(1);
        load(1);
    }
    in_folder(|| {
        keeping();
        assert_eq!(RUNS.total(), 1);
        not_keeping();
        assert_eq!(RUNS.total(), 3);
    });
}

#[test]
fn the_results_of_a_flow_go_where_it_says() {
    #[task(cache_policy = INPUTS)]
    fn load(day: u32) -> u32 {
        day
    }
    #[flow(result_storage = std::env::temp_dir().join(format!("keepwell-flow-{}", std::process::id())))]
    fn elsewhere() -> String {
        load::bind(1).state().to_string()
    }
    in_folder(|| {
        assert_eq!(load::bind(1).state().to_string(), "Completed()");
        assert_eq!((elsewhere(), elsewhere()), ("Completed()".to_owned(), "Cached(type=COMPLETED)".to_owned()));
    });
    std::fs::remove_dir_all(std::env::temp_dir().join(format!("keepwell-flow-{}", std::process::id()))).unwrap();
}

#[test]
fn a_nested_flow_has_its_own_run() {
    fn id() -> String {
        context::flow_run().unwrap().flow_run_id.to_string()
    }
    #[flow(tags = ["inner"])]
    fn inner() -> (String, usize) {
        (id(), context::flow_run().unwrap().tags.len())
    }
    #[flow]
    fn outer() -> bool {
        let before = id();
        let (nested, tags) = inner();
        before != nested && before == id() && tags == 1
    }
    in_folder(|| assert!(outer()));
    assert!(context::flow_run().is_none());
}

#[test]
fn a_flow_hands_back_what_it_borrowed_its_error_and_its_state() {
    #[flow]
    fn longest<'t>(one: &'t str, other: &'t str) -> Result<&'t str, String> {
        if one.len() == other.len() {
            Err("both".to_owned())
        } else {
            Ok(std::cmp::max_by_key(one, other, |text| text.len()))
        }
    }
    in_folder(|| {
        assert_eq!(longest("a", "bc"), Ok("bc"));
        assert_eq!(longest("a", "b"), Err("both".to_owned()));
        assert_eq!(
            longest::bind("a", "b").state().to_string(),
            "Failed('Flow run encountered an exception: String: both')"
        );
    });
}

#[test]
fn an_async_flow_keeps_its_run_across_awaits_and_threads() {
    #[task(cache_policy = RUN_ID)]
    async fn load() -> String {
        tokio::task::yield_now().await;
        context::flow_run().unwrap().flow_run_id.to_string()
    }
    #[flow]
    async fn nightly() -> bool {
        let before = load().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        before == load().await
    }
    tokio_in_folder(async {
        assert!(nightly().await);
        assert!(tokio::spawn(nightly()).await.unwrap());
    });
}

#[test]
fn the_tasks_of_a_flow_inside_a_transaction_are_part_of_it() {
    #[task(cache_policy = INPUTS)]
    fn step(number: u32) -> u32 {
        number
    }
    #[flow]
    fn inner() {
        step(1);
    }
    in_folder(|| {
        let failed: Result<(), keepwell::Error> = transaction(|_| {
            inner();
            Err(keepwell::Error::new(keepwell::ErrorKind::User, "too late"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "too late");
        assert_eq!(step::bind(1).state().to_string(), "Completed()");
        transaction(|_| {
            step::bind(2).call();
            inner();
            Ok::<_, keepwell::Error>(())
        })
        .unwrap();
        assert_eq!(step::bind(2).state().to_string(), "Cached(type=COMPLETED)");
    });
}
