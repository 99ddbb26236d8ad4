//! What a policy can be wrong about, found when a task is defined.

use super::CachePolicy;
use crate::{Error, ErrorKind};

impl CachePolicy {
    /// Checks the policy against the task it is for, whose arguments are given by name.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if added policies disagree on where or how to keep records, if an excluded argument does not
    /// exist, or if two key functions have one name (their texts could be taken for each other).
    pub fn validate(&self, task_name: &str, arguments: &[&str]) -> Result<(), Error> {
        self.check_agreement().map_err(|error| {
            let refused = refusal(task_name, &error.to_string());
            match error.hint() {
                Some(hint) => refused.with_hint(hint),
                None => refused,
            }
        })?;
        self.check_excluded(task_name, arguments)?;
        self.check_functions(task_name)
    }

    /// Checks that the policies it is a sum of agree on where and how to keep records.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] naming what they disagree on.
    pub fn check_agreement(&self) -> Result<(), Error> {
        let conflicts = [
            (self.key_storage.is_conflict(), "key storages"),
            (self.isolation_level.is_conflict(), "isolation levels"),
            (self.lock_manager.is_conflict(), "lock managers"),
            (self.on_lease_lost.is_conflict(), "treatments of a lost lease"),
        ];
        match conflicts.into_iter().find(|(is_conflict, _)| *is_conflict) {
            None => Ok(()),
            Some((_, what)) => {
                Err(Error::new(ErrorKind::Key, format!("cannot add cache policies with different {what}"))
                    .with_hint("configure one side only, or the sum"))
            }
        }
    }

    fn check_excluded(&self, task_name: &str, arguments: &[&str]) -> Result<(), Error> {
        let Some(unknown) = self.excluded.iter().find(|name| !arguments.contains(&name.as_str())) else {
            return Ok(());
        };
        let names: Vec<String> = arguments.iter().map(|name| format!("`{name}`")).collect();
        let known = if names.is_empty() { "no arguments".to_owned() } else { names.join(", ") };
        Err(refusal(
            task_name,
            &format!("`INPUTS - \"{unknown}\"`: the function has no argument `{unknown}`; it has {known}"),
        )
        .with_hint("exclude only arguments that the function has"))
    }

    fn check_functions(&self, task_name: &str) -> Result<(), Error> {
        // Sums keep functions sorted by name.
        match self.functions.windows(2).find(|pair| pair[0].name() == pair[1].name()) {
            None => Ok(()),
            Some(pair) => Err(refusal(task_name, &format!("two key functions are both named `{}`", pair[0].name()))
                .with_hint("give them different names, or let one function return both texts")),
        }
    }
}

fn refusal(task_name: &str, problem: &str) -> Error {
    Error::new(ErrorKind::Key, format!("task `{task_name}`: {problem}"))
}
