//! The table of settings: each is named here, once. Parsing, messages, the command line and the check of
//! `docs/settings.md` follow from it.
//!
//! A row is: documentation; `field: type = default`, the variable without its prefix, other names of it, and marks
//! (see [`Marks`]). The default is parsed like any other text.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::load::Loaded;
use super::setting::{Marks, Setting};
use super::signing_key::SigningKey;
use super::types::{ByteSize, LogLevel, OnStorageError, StorageAddress};
use super::value::SettingValue;
use crate::storage::Durability;

macro_rules! row {
    ($path:expr, $doc:expr, $type:ty, $default:literal, [$name:ident $(| $alias:ident)*] $($mark:ident)*) => {
        Setting::new::<$type>(concat!("KEEPWELL_", stringify!($name)), $path, $default)
            .documented($doc)
            .also(
                &[$(concat!("KEEPWELL_", stringify!($alias))),*],
                &[concat!("PREFECT_", stringify!($name)) $(, concat!("PREFECT_", stringify!($alias)))*],
            )
            .marked(Marks::NONE$(.$mark())*)
    };
}

macro_rules! settings {
    (
        root { $(
            $(#[doc = $root_doc:literal])+
            $root:ident: $root_type:ty = $root_default:literal, $root_names:tt $($root_mark:ident)*;
        )+ }
        $(
            $(#[doc = $group_doc:literal])+
            $prefix:literal $group:ident: $group_type:ident { $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:literal, $names:tt $($mark:ident)*;
            )+ }
        )+
    ) => {
        /// Every setting, in the order in which they are shown.
        pub static SETTINGS: &[Setting] = &[
            $(row!(stringify!($root), concat!($($root_doc),+), $root_type, $root_default, $root_names $($root_mark)*),)+
            $($(row!(
                concat!($prefix, ".", stringify!($field)), concat!($($doc),+), $type, $default, $names $($mark)*
            ),)+)+
        ];

        /// What the user wants: the value of every setting, and where each came from.
        #[derive(Clone)]
        pub struct Settings {
            $($(#[doc = $root_doc])+ pub $root: $root_type,)+
            $($(#[doc = $group_doc])+ pub $group: $group_type,)+
            pub(super) loaded: Loaded,
        }

        $(
            $(#[doc = $group_doc])+
            #[derive(Clone, Debug, PartialEq)]
            pub struct $group_type {
                $($(#[doc = $doc])+ pub $field: $type,)+
            }
        )+

        impl Settings {
            /// The typed settings of what was found. Every text must have been checked.
            pub(super) fn of(loaded: Loaded) -> Self {
                // The fields are filled in the order in which they are written, which is that of `SETTINGS`.
                let mut found = loaded.found().iter();
                Self {
                    $($root: next_value(&mut found),)+
                    $($group: $group_type { $($field: next_value(&mut found),)+ },)+
                    loaded,
                }
            }
        }
    };
}

fn next_value<T: SettingValue>(found: &mut std::slice::Iter<'_, super::Found>) -> T {
    let found = found.next().expect("one text was found for each row");
    T::parse(found.text()).expect("every text was checked by the same parser")
}

/// Shows the texts, with passwords hidden.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter().map(|(setting, found)| (setting.path(), found))).finish()
    }
}

settings! {
    root {
        /// The folder that holds everything of keepwell: profiles, results, logging configuration.
        home: PathBuf = "~/.keepwell", [HOME] outside_profiles;
        /// The file that holds the profiles.
        profiles_path: PathBuf = "$KEEPWELL_HOME/profiles.toml", [PROFILES_PATH] outside_profiles;
        /// Logs at level DEBUG whatever `KEEPWELL_LOGGING_LEVEL` says.
        debug_mode: bool = "false", [DEBUG_MODE] twin;
    }

    /// How results are kept, and where.
    "results" results: ResultsSettings {
        /// The serializer of results where neither task nor flow names one. `auto` is deterministic CBOR for plain data,
        /// and what the front end adds for the rest.
        default_serializer: String = "auto", [RESULTS_DEFAULT_SERIALIZER] twin;
        /// Whether results are kept where neither task nor flow says.
        persist_by_default: bool = "false", [RESULTS_PERSIST_BY_DEFAULT] twin;
        /// The storage of results where neither task nor flow names one: a path, a URL or the name of a saved storage.
        /// `none` is the folder `KEEPWELL_RESULTS_LOCAL_STORAGE_PATH`.
        default_storage: Option<StorageAddress> = "none",
            [RESULTS_DEFAULT_STORAGE | RESULTS_DEFAULT_STORAGE_BLOCK | DEFAULT_RESULT_STORAGE_BLOCK] secret;
        /// The folder that holds results where no other storage is named.
        local_storage_path: PathBuf = "$KEEPWELL_HOME/storage", [RESULTS_LOCAL_STORAGE_PATH | LOCAL_STORAGE_PATH];
        /// What to do where a storage fails: `run` the body as on a miss, with a warning, or `raise`.
        on_storage_error: OnStorageError = "run", [RESULTS_ON_STORAGE_ERROR];
        /// What a single result must survive: `none` the death of the process, `ordered` also a power cut (the latest may
        /// be absent, none is damaged), `full` also a power cut with nothing lost. Transactions are always `full`.
        durability: Durability = "ordered", [RESULTS_DURABILITY];
        /// The secret that every record is signed with, for storages that several users or machines share; pickles are
        /// then served to whoever has the same secret. `none` signs what must be signed with the user's own key,
        /// `$KEEPWELL_HOME/signing.key`, which is made when it is first needed, and only where the storage is this
        /// user's alone.
        signing_key: Option<SigningKey> = "none", [RESULTS_SIGNING_KEY] hidden;
        /// Further secrets whose signatures count, so that a secret can be replaced by another one.
        trusted_keys: Vec<SigningKey> = "", [RESULTS_TRUSTED_KEYS] hidden;
        /// Whether every record must be signed, also one that is plain data.
        require_signature: bool = "false", [RESULTS_REQUIRE_SIGNATURE];
        /// How many bytes of results are kept in memory for repeated hits; `0` keeps none.
        memory_limit: ByteSize = "256 MiB", [RESULTS_MEMORY_LIMIT];
        /// Whether large results in folders are mapped into memory rather than read, where a task does not say. Arrays of
        /// such results cannot be written to, and take no memory of the process's own.
        mmap: bool = "false", [RESULTS_MMAP];
    }

    /// How tasks run, and when their results are reused.
    "tasks" tasks: TasksSettings {
        /// Whether tasks that do not say run their body even where there is a result, and replace it.
        refresh_cache: bool = "false", [TASKS_REFRESH_CACHE] twin;
        /// Whether tasks that name no cache policy have the policy NO_CACHE.
        default_no_cache: bool = "false", [TASKS_DEFAULT_NO_CACHE] twin;
        /// Whether every task has the policy NO_CACHE, whatever it names.
        disable_caching: bool = "false", [TASKS_DISABLE_CACHING] twin;
        /// How often a task that does not say is tried again after a failure.
        default_retries: u32 = "0", [TASKS_DEFAULT_RETRIES | TASK_DEFAULT_RETRIES] twin;
        /// How many seconds a task that does not say waits before each retry: one number, or a list whose last element
        /// holds for all that follow.
        default_retry_delay_seconds: Vec<Duration> = "0",
            [TASKS_DEFAULT_RETRY_DELAY_SECONDS | TASK_DEFAULT_RETRY_DELAY_SECONDS] twin;
        /// Whether tasks that do not say keep their results; it wins over the flow. `none` leaves it to the flow.
        default_persist_result: Option<bool> = "none", [TASKS_DEFAULT_PERSIST_RESULT] twin;
        /// Whether an input that cannot enter a cache key fails the task; otherwise the task runs uncached, and says so.
        strict_keys: bool = "false", [TASKS_STRICT_KEYS];
    }

    /// How many submitted tasks run at once.
    "tasks.runner" task_runner: TaskRunnerSettings {
        /// How many threads run submitted tasks; `none` is as many as there are tasks.
        thread_pool_max_workers: Option<NonZeroUsize> = "none",
            [TASKS_RUNNER_THREAD_POOL_MAX_WORKERS | TASK_RUNNER_THREAD_POOL_MAX_WORKERS] twin;
        /// How many processes run submitted tasks; `none` is one per processor.
        process_pool_max_workers: Option<NonZeroUsize> = "none", [TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS] twin;
    }

    /// How flows run.
    "flows" flows: FlowsSettings {
        /// How often a flow that does not say is tried again after a failure.
        default_retries: u32 = "0", [FLOWS_DEFAULT_RETRIES | FLOW_DEFAULT_RETRIES] twin;
        /// How many seconds a flow that does not say waits before each retry, as for tasks.
        default_retry_delay_seconds: Vec<Duration> = "0",
            [FLOWS_DEFAULT_RETRY_DELAY_SECONDS | FLOW_DEFAULT_RETRY_DELAY_SECONDS] twin;
    }

    /// How long to wait for locks, and how they are kept.
    "locks" locks: LocksSettings {
        /// How many seconds to wait for a lock before the wait is an error; `none` waits for ever.
        timeout_seconds: Option<Duration> = "60", [LOCKS_TIMEOUT_SECONDS];
        /// For how many seconds a lock is granted that ends unless its holder renews it, 1 or more: this long after its
        /// holder's death it is free. Locks in memory and in lock files end with their process instead.
        lease_seconds: Duration = "30", [LOCKS_LEASE_SECONDS];
        /// Every how many seconds such a lock is renewed, at most half the lease; `none` is a third of it.
        heartbeat_seconds: Option<Duration> = "none", [LOCKS_HEARTBEAT_SECONDS];
    }

    /// What is logged, and how it looks.
    "logging" logging: LoggingSettings {
        /// How grave a line must be to be shown.
        level: LogLevel = "INFO", [LOGGING_LEVEL] twin;
        /// Whether what tasks and flows print is logged, where they do not say.
        log_prints: bool = "false", [LOGGING_LOG_PRINTS] twin;
        /// Whether log lines are coloured on a terminal.
        colors: bool = "true", [LOGGING_COLORS] twin;
        /// Other loggers whose lines are shown as keepwell's own are: names with commas between.
        extra_loggers: Vec<String> = "", [LOGGING_EXTRA_LOGGERS] twin;
        /// A file that configures logging, read where it exists by a front end that has such files.
        config_path: PathBuf = "$KEEPWELL_HOME/logging.yml", [LOGGING_CONFIG_PATH | LOGGING_SETTINGS_PATH];
    }

    /// For tests of programs that use keepwell.
    "testing" testing: TestingSettings {
        /// Ignores profiles, so that a test does not depend on whose machine it runs on.
        test_mode: bool = "false", [TEST_MODE] twin outside_profiles;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_given_once() {
        let mut names = HashSet::new();
        for setting in SETTINGS {
            assert!(names.insert(setting.path()), "{}", setting.path());
            for variable in setting.variables() {
                assert!(names.insert(variable), "{variable}");
            }
        }
    }

    #[test]
    fn every_name_follows_from_the_path() {
        let irregular = ["KEEPWELL_TEST_MODE"];
        for setting in SETTINGS.iter().filter(|setting| !irregular.contains(&setting.name())) {
            let expected = format!("KEEPWELL_{}", setting.path().replace('.', "_").to_uppercase());
            assert_eq!(setting.name(), expected);
        }
    }

    #[test]
    fn every_default_is_accepted_and_every_setting_documented() {
        for setting in SETTINGS {
            assert!(setting.is_accepted(setting.default_text()), "{}", setting.name());
            assert!(setting.documentation().ends_with('.'), "{}", setting.name());
        }
    }
}
