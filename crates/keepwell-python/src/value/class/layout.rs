//! Whether all that an instance holds can be seen as fields.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

/// The size of a pointer, which is what each slot takes.
const POINTER: i64 = size_of::<usize>() as i64;

/// What a class adds to the memory of the class that it is built on.
pub(super) struct Layout {
    pub(super) has_dict: bool,
    pub(super) slots: Vec<(Py<PyString>, Py<PyAny>)>,
    /// Whether instances have memory that is no field: what a class written in C keeps there cannot be seen.
    pub(super) is_open: bool,
}

/// The layout of `class` over `base`, one of the classes that it is derived from.
pub(super) fn layout(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>) -> PyResult<Layout> {
    let slots = slots(class)?;
    let mut expected = number(base, "__basicsize__")? + POINTER * slots.len() as i64;
    for offset in ["__dictoffset__", "__weakrefoffset__"] {
        if number(class, offset)? != 0 && number(base, offset)? == 0 {
            expected += POINTER;
        }
    }
    let has_dict = number(class, "__dictoffset__")? != 0;
    Ok(Layout { has_dict, slots, is_open: number(class, "__basicsize__")? <= expected })
}

fn number(class: &Bound<'_, PyType>, name: &str) -> PyResult<i64> {
    class.getattr(name)?.extract()
}

/// The slots of a class and of all that it is derived from.
fn slots(class: &Bound<'_, PyType>) -> PyResult<Vec<(Py<PyString>, Py<PyAny>)>> {
    let py = class.py();
    let mut slots = Vec::new();
    for class in class.mro().iter() {
        let contents = class.getattr(intern!(py, "__dict__"))?;
        if !contents.contains(intern!(py, "__slots__"))? {
            continue;
        }
        for name in slot_names(&contents.get_item(intern!(py, "__slots__"))?)? {
            let mangled = mangled(&class, &name)?;
            if matches!(name.as_str(), "__dict__" | "__weakref__") || !contents.contains(&mangled)? {
                continue;
            }
            slots.push((PyString::new(py, &mangled).unbind(), contents.get_item(&mangled)?.unbind()));
        }
    }
    Ok(slots)
}

fn slot_names(slots: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if slots.is_instance_of::<PyString>() {
        return Ok(vec![slots.extract()?]);
    }
    // An iterator that was used up when the class was made leaves nothing to see.
    slots.try_iter()?.map(|name| name?.extract()).collect()
}

/// The name of a slot as Python keeps it: private names begin with the name of the class.
fn mangled(class: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    if !name.starts_with("__") || name.ends_with("__") {
        return Ok(name.to_owned());
    }
    let class: String = class.getattr(intern!(class.py(), "__name__"))?.extract()?;
    Ok(format!("_{}{name}", class.trim_start_matches('_')))
}

/// Whether the class has names for its elements.
pub(super) fn is_named_tuple(class: &Bound<'_, PyType>) -> PyResult<bool> {
    if !class.is_subclass_of::<PyTuple>()? {
        return Ok(false);
    }
    let Some(names) = class.getattr_opt(intern!(class.py(), "_fields"))? else { return Ok(false) };
    Ok(names.cast::<PyTuple>().is_ok_and(|names| names.iter().all(|name| name.is_instance_of::<PyString>())))
}
