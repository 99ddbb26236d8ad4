//! The settings that hold here and now.
//!
//! A process has one set of settings, loaded when they are first asked for. A thread may run something under other
//! settings ([`with`]); no other thread sees them, so tests that run side by side do not disturb each other. Work handed
//! to another thread takes its settings along: the submitter reads [`current`], the other thread runs the work in
//! [`with`]. An async caller does the same around each poll.

use std::cell::RefCell;
use std::sync::Arc;

use parking_lot::RwLock;

use super::environment::Environment;
use super::overrides::Overrides;
use super::table::Settings;
use crate::Error;

static OF_PROCESS: RwLock<Option<Arc<Settings>>> = RwLock::new(None);

thread_local! {
    static OF_THREAD: RefCell<Vec<Arc<Settings>>> = const { RefCell::new(Vec::new()) };
}

/// The settings that hold in this thread: those of the innermost [`with`], else those of the process.
///
/// # Errors
/// [`ErrorKind::Settings`](crate::ErrorKind::Settings) where they had to be loaded and could not; the next call tries
/// again.
pub fn current() -> Result<Arc<Settings>, Error> {
    if let Some(settings) = OF_THREAD.with_borrow(|scopes| scopes.last().cloned()) {
        return Ok(settings);
    }
    if let Some(settings) = OF_PROCESS.read().clone() {
        return Ok(settings);
    }
    let loaded = Arc::new(Settings::load(&Environment::of_process(), &Overrides::new())?);
    Ok(OF_PROCESS.write().get_or_insert(loaded).clone())
}

/// Loads the settings of the process again, so that changes of its environment and files are seen, and returns them.
/// Threads inside [`with`] keep theirs.
///
/// # Errors
/// As [`current`]; the settings that held before still hold.
pub fn reload() -> Result<Arc<Settings>, Error> {
    let loaded = Arc::new(Settings::load(&Environment::of_process(), &Overrides::new())?);
    *OF_PROCESS.write() = Some(loaded.clone());
    Ok(loaded)
}

/// Runs `body` under `settings`, in this thread only. They cease to hold when it returns or panics.
pub fn with<R>(settings: Arc<Settings>, body: impl FnOnce() -> R) -> R {
    OF_THREAD.with_borrow_mut(|scopes| scopes.push(settings));
    let _scope = Scope;
    body()
}

/// Runs `body` under the current settings with `overrides` on top, in this thread only.
///
/// # Errors
/// [`ErrorKind::Settings`](crate::ErrorKind::Settings) where the settings could not be loaded; `body` has not run.
pub fn with_overrides<R>(overrides: &Overrides, body: impl FnOnce() -> R) -> Result<R, Error> {
    let settings = current()?.overridden(overrides)?;
    Ok(with(Arc::new(settings), body))
}

/// Ends the innermost [`with`] of this thread.
struct Scope;

impl Drop for Scope {
    fn drop(&mut self) {
        OF_THREAD.with_borrow_mut(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Arc<Settings> {
        let environment = Environment::in_directory("/nowhere").with_home("/home/me");
        Arc::new(Settings::load(&environment, &Overrides::new()).unwrap())
    }

    fn retries() -> u32 {
        current().unwrap().tasks.default_retries
    }

    #[test]
    fn overrides_nest_and_end_with_their_scope_even_after_a_panic() {
        let three = Overrides::new().set("tasks.default_retries", "3").unwrap();
        let refresh = Overrides::new().set("KEEPWELL_TASKS_REFRESH_CACHE", "1").unwrap();
        with(settings(), || {
            let seen = with_overrides(&three, || {
                let inner = with_overrides(&refresh, || (retries(), current().unwrap().tasks.refresh_cache)).unwrap();
                (inner, current().unwrap().tasks.refresh_cache)
            });
            assert_eq!(seen.unwrap(), ((3, true), false));
            let panicked = std::panic::catch_unwind(|| with_overrides(&three, || panic!("a body that fails")));
            assert!(panicked.is_err());
            assert_eq!(retries(), 0);
        });
    }

    #[test]
    fn another_thread_sees_overrides_only_if_they_are_handed_over() {
        let three = Overrides::new().set("tasks.default_retries", "3").unwrap();
        let process = settings();
        with(process.clone(), || {
            let seen = with_overrides(&three, || {
                let submitted = current().unwrap();
                std::thread::scope(|scope| {
                    let bare = scope.spawn(|| with(process.clone(), retries)).join().unwrap();
                    let handed_over = scope.spawn(|| with(submitted, retries)).join().unwrap();
                    (bare, handed_over)
                })
            });
            assert_eq!(seen.unwrap(), (0, 3));
        });
    }

    #[test]
    fn a_wrong_override_is_an_error_and_the_body_does_not_run() {
        let wrong = Overrides::new().set("tasks.default_retries", "many").unwrap();
        with(settings(), || {
            let error = with_overrides(&wrong, || unreachable!()).unwrap_err();
            assert_eq!(
                error.report(),
                "override tasks.default_retries is `many`, expected a whole number, 0 or more (the default is `0`)"
            );
        });
        let unknown = Overrides::new().set("tasks.default_retry", "1").unwrap_err();
        assert_eq!(
            unknown.report(),
            "unknown setting name 'tasks.default_retry' (did you mean tasks.default_retries?)"
        );
    }
}
