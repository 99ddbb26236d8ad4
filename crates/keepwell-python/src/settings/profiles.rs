//! Profiles as plain Python values: `{profile: {variable: text}}`.

use std::collections::BTreeMap;

use keepwell_core::Error;
use keepwell_core::settings::{DEFAULT_PROFILE, Environment, Profiles, Setting};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::text::of_value;
use super::{process, setting};
use crate::error::exception;

/// Settings of one profile, as texts.
type Variables = BTreeMap<String, String>;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(read_profiles, module)?)?;
    module.add_function(wrap_pyfunction!(write_profiles, module)?)?;
    module.add_function(wrap_pyfunction!(setting_text, module)?)
}

/// The file of the profiles, the name of the active one, and all of them.
#[pyfunction]
fn read_profiles(py: Python<'_>) -> PyResult<(std::path::PathBuf, String, Bound<'_, PyDict>)> {
    let profiles = Profiles::read(&Environment::of_process()).map_err(|error| exception(py, &error))?;
    let all = PyDict::new(py);
    for name in profiles.names() {
        let variables = PyDict::new(py);
        for (variable, text) in profiles.variables(name).map_err(|error| exception(py, &error))? {
            variables.set_item(variable, text)?;
        }
        all.set_item(name, variables)?;
    }
    Ok((profiles.path().to_owned(), profiles.active().to_owned(), all))
}

/// Makes the file hold these profiles and no others, keeping its comments. Nothing is written where something is wrong.
#[pyfunction]
fn write_profiles(py: Python<'_>, profiles: BTreeMap<String, Variables>, active: Option<String>) -> PyResult<()> {
    let edited = py.detach(|| {
        Profiles::edit(&Environment::of_process(), |file| {
            for (name, variables) in &profiles {
                write_profile(file, name, variables)?;
            }
            if let Some(active) = &active {
                file.activate(active)?;
            }
            let names: Vec<_> = file.names().into_iter().map(str::to_owned).collect();
            let mut gone = names.iter().filter(|name| *name != DEFAULT_PROFILE && !profiles.contains_key(*name));
            gone.try_for_each(|name| file.remove(name))
        })
    });
    edited.map_err(|error| exception(py, &error))?;
    process::load(py).map(drop)
}

/// The text that a profile holds for a value of a setting.
#[pyfunction]
fn setting_text(key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    of_value(setting::find(key)?, value)
}

fn write_profile(file: &mut Profiles, name: &str, variables: &Variables) -> Result<(), Error> {
    if !file.names().contains(&name) {
        file.create(name, None)?;
    }
    for (variable, text) in variables {
        let setting = Setting::find(variable).ok_or_else(|| Setting::unknown(variable))?;
        file.set(name, setting, text)?;
    }
    for (variable, _) in file.variables(name)? {
        let setting = Setting::find(&variable);
        if let Some(setting) = setting.filter(|setting| !variables.contains_key(setting.name())) {
            file.unset(name, setting)?;
        }
    }
    Ok(())
}
