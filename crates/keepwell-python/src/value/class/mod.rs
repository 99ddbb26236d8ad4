//! What is known of a class: how its instances are written. Found out once for each class.

mod cache;
mod classify;
mod kinds;
mod layout;
mod name;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

pub(super) use cache::{class_of, forget};
pub(super) use classify::{EMPTY, is_untouchable};
pub(super) use kinds::Kind;
pub(super) use name::qualified_name;

use super::failure::Failure;
use super::walk::Walker;

/// Writes a value whose class does not matter.
pub(super) type Writer = for<'py> fn(&mut Walker<'py, '_>, &Bound<'py, PyAny>) -> Result<(), Failure>;
/// Writes an instance of this class.
pub(super) type ClassWriter = for<'py> fn(&mut Walker<'py, '_>, &Bound<'py, PyAny>, &Class) -> Result<(), Failure>;
/// Names and values of an instance's fields.
pub(super) type Fields<'py> = Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>;

/// How the instances of a class are written.
pub(super) struct Class {
    /// The module and the qualified name.
    pub(super) name: String,
    pub(super) write: ClassWriter,
    /// How what the class is derived from is written.
    pub(super) base: Option<Writer>,
    /// Whether its instances are plain data, which can be read back.
    pub(super) is_plain: bool,
    /// How its instances are kept, where that is not how they are written in keys.
    pub(super) keep: Option<Writer>,
    /// Why its instances have no stable content.
    pub(super) reason: &'static str,
    /// Whether instances have a dictionary of fields.
    pub(super) has_dict: bool,
    /// Fields outside of the dictionary, and what reads each.
    pub(super) slots: Vec<(Py<PyString>, Py<PyAny>)>,
    /// Further attributes that are read like fields.
    pub(super) attributes: &'static [&'static str],
    /// The user's own encoder and its version.
    pub(super) encoder: Option<(Py<PyAny>, u64)>,
}

impl Class {
    fn new(name: String, write: ClassWriter) -> Self {
        Self {
            name,
            write,
            base: None,
            is_plain: false,
            keep: None,
            reason: "",
            has_dict: false,
            slots: Vec::new(),
            attributes: &[],
            encoder: None,
        }
    }

    /// The fields of an instance: its dictionary's entries, its slots, and the attributes that stand for what is
    /// neither.
    pub(super) fn fields_of<'py>(&self, value: &Bound<'py, PyAny>) -> Result<Fields<'py>, Failure> {
        let py = value.py();
        let mut fields = Fields::new();
        if self.has_dict {
            let dict = value.getattr(pyo3::intern!(py, "__dict__"))?;
            for (name, field) in dict.cast::<PyDict>().map_err(PyErr::from)?.copy()?.iter() {
                let name = name.cast_into::<PyString>();
                fields.push((name.map_err(|_| Failure::new("it has a field whose name is not a text"))?, field));
            }
        }
        for (name, slot) in &self.slots {
            // A slot without a value is no field.
            if let Ok(field) = slot.bind(py).call_method1(pyo3::intern!(py, "__get__"), (value, value.get_type())) {
                fields.push((name.bind(py).clone(), field));
            }
        }
        for name in self.attributes {
            fields.push((PyString::intern(py, name), value.getattr(*name)?));
        }
        Ok(fields)
    }
}
