//! Types that a task can take and return.
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use keepwell::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

#[task(cache_policy = INPUTS)]
fn borrowing(text: &str, bytes: &[u8], path: &Path, words: &[&str], cow: Cow<'_, str>, map: &HashMap<String, u32>) {
    let _ = (text, bytes, path, words, cow, map);
}

#[task(cache_policy = INPUTS, retries = 1)]
async fn named<'t, 'u: 't>(one: &'t str, other: &'u String) -> PathBuf {
    PathBuf::from(one).join(other)
}

#[task(cache_policy = INPUTS)]
fn generic<T, const COUNT: usize>(items: [T; COUNT], more: Vec<T>) -> T
where
    T: Serialize + DeserializeOwned + Clone + Ord + Default,
    [T; COUNT]: Serialize,
{
    items.iter().chain(&more).max().cloned().unwrap_or_default()
}

#[task]
fn phantom<T: Default>() -> T {
    T::default()
}

#[task(persist_result = false)]
fn never_kept<'t>(text: &'t str, _other: &str) -> Result<&'t str, Box<dyn std::error::Error>> {
    Ok(text)
}

#[task(cache_policy = NO_CACHE)]
async fn nor_this(text: &str) -> &str {
    text
}

#[task]
fn local(shared: Rc<u32>, function: fn(&str) -> usize, boxed: Box<dyn Fn(&str) -> usize>) -> Rc<u32> {
    let _ = (function("a"), boxed("a"));
    shared
}

#[flow]
fn flow_that_borrows(text: &str) -> &str {
    text
}

struct Pair<'a, T>(&'a T, T);

impl<'a, T: Clone + Send + Sync> Pair<'a, T> {
    #[task]
    fn first(&self) -> T
    where
        T: Serialize,
    {
        self.0.clone()
    }

    #[task]
    async fn second(self: Arc<Self>) -> T
    where
        T: Serialize,
    {
        self.1.clone()
    }

    #[task(associated, name = "pair")]
    fn count(list: &[u32]) -> usize {
        list.len()
    }
}

fn main() {
    let text = String::from("abc");
    assert_eq!(never_kept(&text, "x").unwrap(), "abc");
    assert_eq!(generic([1, 2, 3], vec![9]), 9);
    let zero: u32 = phantom();
    assert_eq!((zero, phantom::<String>()), (0, String::new()));
    assert_eq!(Pair(&1, 2).first(), 1);
    assert_eq!(Pair::<u32>::count(&[1, 2]), 2);
    let _ = (local(Rc::new(1), str::len, Box::new(str::len)), flow_that_borrows(&text));
    let future = async { (nor_this(&text).await, named(&text, &text).await, Arc::new(Pair(&1, 2)).second().await) };
    let sent: Box<dyn Future<Output = _> + Send> = Box::new(future);
    drop(sent);
}
