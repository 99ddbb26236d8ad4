//! The values of settings as Python's: switches as `bool`, paths as `Path`, durations as seconds.

use std::time::Duration;

use keepwell_core::settings::PlainValue;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

/// The value as Python's. Delays are one number where there is one, else a list; a whole number of seconds is an `int`.
pub(super) fn to_python(py: Python<'_>, value: PlainValue) -> PyResult<Bound<'_, PyAny>> {
    match value {
        PlainValue::Absent => Ok(py.None().into_bound(py)),
        PlainValue::Switch(switch) => Ok(switch.into_pyobject(py)?.to_owned().into_any()),
        PlainValue::Number(number) => Ok(number.into_pyobject(py)?.into_any()),
        PlainValue::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
        PlainValue::Path(path) => path.into_bound_py_any(py),
        PlainValue::Duration(duration) => duration.as_secs_f64().into_bound_py_any(py),
        PlainValue::Delays(delays) => match delays.as_slice() {
            [one] => seconds(py, *one),
            several => several.iter().map(Duration::as_secs_f64).collect::<Vec<_>>().into_bound_py_any(py),
        },
        PlainValue::Names(names) => names.into_bound_py_any(py),
    }
}

fn seconds(py: Python<'_>, duration: Duration) -> PyResult<Bound<'_, PyAny>> {
    if duration.subsec_nanos() == 0 {
        duration.as_secs().into_bound_py_any(py)
    } else {
        duration.as_secs_f64().into_bound_py_any(py)
    }
}
