//! x
use keepwell::prelude::*;
#[task(cache_policy = INPUTS, cache_expiration = Duration::from_secs(86_400))]
fn hello_task(name: String) -> String {
    format!("hello {name}")
}
#[task(task_run_name = "r-{a}", retries = 2, retry_delay = [Duration::ZERO])]
fn text<'x>(a: &str, b: &'x u32, mut c: Vec<u8>) -> usize {
    c.push(1);
    a.len() + *b as usize + c.len()
}
#[task]
async fn fetch(url: &str) -> String {
    url.to_owned()
}
#[task(timeout = Duration::from_secs(1))]
async fn fetch2<T: Send + Clone>(url: T) -> Result<T, keepwell::Error> {
    Ok(url)
}
#[flow(retries = 1)]
fn hello_flow(name: String) {
    hello_task(name.clone());
    hello_task(name);
}
#[flow]
async fn aflow(name: &str) -> &str {
    fetch(name).await;
    name
}
#[derive(Clone, serde::Serialize)]
struct Shape(f64);
impl Shape {
    #[task(cache_policy = INPUTS)]
    fn area(&self, x: u32) -> f64 {
        self.0 * f64::from(x)
    }
    #[task]
    async fn make(x: f64) -> Self
    where
        Self: Sized,
    {
        Self(x)
    }
    #[task(associated)]
    fn unit() -> u32 {
        7
    }
}
#[task]
fn rc(x: std::rc::Rc<u32>) -> std::rc::Rc<u32> {
    x
}
#[task]
fn local(path: &std::path::Path) -> bool {
    path.exists()
}
#[test]
fn smoke() {
    assert_eq!(hello_task("a".into()), "hello a");
    assert_eq!(text("ab", &1, vec![]), 4);
    hello_flow("x".into());
    assert_eq!(Shape(2.0).area(2), 4.0);
    assert_eq!(Shape::unit(), 7);
    assert_eq!(*rc(std::rc::Rc::new(3)), 3);
    let f = hello_task::submit("a".to_owned());
    let g = hello_task::submit(&f);
    assert_eq!(g.result(), "hello hello a");
    assert_eq!(text::map([("a", &3_u32, vec![])]).into_iter().map(TaskFuture::result).collect::<Vec<_>>(), [5]);
    local(std::path::Path::new("/"));
    assert_eq!(futures_lite::future::block_on(fetch2(3)).unwrap(), 3);
    assert_eq!(futures_lite::future::block_on(aflow("x")), "x");
    futures_lite::future::block_on(Shape::make(1.0));
}
