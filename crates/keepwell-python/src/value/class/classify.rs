//! Finds out how the instances of a class are written.
//!
//! What is stable: a built-in value, what a registered encoder or the class itself describes, and a class all of whose
//! memory is fields with names. A class of which part of the memory is not a field (written in C) has content that
//! cannot be seen, and one without any field has nothing but its identity: neither is stable.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyType};

use super::super::array::{write_data_type, write_scalar};
use super::super::code::write_class;
use super::super::failure::Failure;
use super::super::record::{
    write_custom, write_derived, write_model, write_named_tuple, write_opaque, write_own_key, write_plain_object,
    write_record,
};
use super::super::register::encoder_of;
use super::super::standard::member::write_member;
use super::kinds::{Kind, base, kind};
use super::layout::{is_named_tuple, layout};
use super::{Class, ClassWriter, qualified_name};

const ONE_SHOT: &str = "can be read only once";
const AWAITED: &str = "is to be awaited";
const OPEN_FILE: &str = "is an open file";
const MODULE: &str = "is a module";
const HIDDEN: &str = "holds what cannot be seen";
/// Why an object that has neither fields nor any other content cannot be told from another one.
pub(in crate::value) const EMPTY: &str = "has no fields to see";

/// Whether a value that is left alone for this reason must not even be pickled.
pub(in crate::value) fn is_untouchable(reason: &str) -> bool {
    ![HIDDEN, EMPTY].contains(&reason)
}

pub(super) fn classify(class: &Bound<'_, PyType>) -> Result<Class, Failure> {
    let py = class.py();
    let name = qualified_name(class)?;
    if let Some(encoder) = encoder_of(class)? {
        return Ok(Class { encoder: Some(encoder), ..Class::new(name, write_custom) });
    }
    if !class.is_subclass_of::<PyType>()? && class.hasattr(intern!(py, "__keepwell_key__"))? {
        return Ok(Class::new(name, write_own_key));
    }
    if let Some(kind) = known(class)? {
        return of_kind(kind, name, class);
    }
    if is_derived_from(class, "numpy", "generic")? {
        return Ok(Class { is_plain: true, ..Class::new(name, write_scalar) });
    }
    if let Some(write) = by_protocol(class)? {
        return with_fields(class, &py.get_type::<PyAny>(), Class::new(name, write));
    }
    if let Some(reason) = one_shot(class)? {
        return Ok(Class { reason, ..Class::new(name, write_opaque) });
    }
    by_ancestors(class, name)
}

/// What the table has for the class. A class that only goes by the name of a known one is not found where that is.
fn known(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    let (module, name) = names(class)?;
    Ok(kind(&module, &name))
}

fn names(class: &Bound<'_, PyType>) -> PyResult<(String, String)> {
    let module = class.getattr(intern!(class.py(), "__module__"))?;
    Ok((module.extract().unwrap_or_default(), class.qualname()?.to_string()))
}

fn of_kind(kind: Kind, name: String, class: &Bound<'_, PyType>) -> Result<Class, Failure> {
    let object = class.py().get_type::<PyAny>();
    Ok(match kind {
        Kind::Plain(write) => Class { base: Some(write), is_plain: true, ..Class::new(name, write_base) },
        Kind::Hashed(write) => Class { base: Some(write), ..Class::new(name, write_base) },
        Kind::Table(write, keep) => Class { keep: Some(keep), ..Class::new(name, write) },
        Kind::Classed(write) => with_fields(class, &object, Class::new(name, write))?,
        Kind::Described(attributes) => {
            with_fields(class, &object, Class { attributes, ..Class::new(name, write_record) })?
        }
        Kind::Extended(write, attributes) => {
            with_fields(class, &object, Class { base: Some(write), attributes, ..Class::new(name, write_derived) })?
        }
    })
}

fn write_base<'py>(
    walker: &mut super::Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    match class.base {
        Some(write) => write(walker, value),
        None => Err(Failure::new(format!("{} has no base", class.name))),
    }
}

/// Adds to a class what its instances hold over instances of `base`.
fn with_fields(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>, found: Class) -> Result<Class, Failure> {
    let layout = layout(class, base)?;
    Ok(Class { has_dict: layout.has_dict, slots: layout.slots, ..found })
}

/// Classes that are recognised by what they are derived from or provide, whatever they hold.
fn by_protocol(class: &Bound<'_, PyType>) -> PyResult<Option<ClassWriter>> {
    let py = class.py();
    let is = |module: &str, name: &str| is_derived_from(class, module, name);
    if class.is_subclass_of::<PyType>()? {
        return Ok(Some(write_class));
    }
    if is("enum", "Enum")? {
        return Ok(Some(write_member));
    }
    if is("numpy", "dtype")? {
        return Ok(Some(write_data_type));
    }
    if class.hasattr(intern!(py, "__pydantic_serializer__"))? && is("pydantic", "BaseModel")? {
        return Ok(Some(write_model));
    }
    if is_named_tuple(class)? {
        return Ok(Some(write_named_tuple));
    }
    Ok(None)
}

/// Why an instance would be used up by being looked at, or is not a value at all.
fn one_shot(class: &Bound<'_, PyType>) -> PyResult<Option<&'static str>> {
    let py = class.py();
    if is_derived_from(class, "io", "IOBase")? || is_derived_from(class, "_io", "_IOBase")? {
        return Ok(Some(OPEN_FILE));
    }
    if class.hasattr(intern!(py, "__next__"))? || class.hasattr(intern!(py, "__anext__"))? {
        return Ok(Some(ONE_SHOT));
    }
    if class.hasattr(intern!(py, "__await__"))? {
        return Ok(Some(AWAITED));
    }
    Ok(class.is_subclass_of::<PyModule>()?.then_some(MODULE))
}

/// Whether the class is derived from one of a module that, if it is, must have been imported.
fn is_derived_from(class: &Bound<'_, PyType>, module: &str, name: &str) -> PyResult<bool> {
    let modules = class.py().import(intern!(class.py(), "sys"))?.getattr(intern!(class.py(), "modules"))?;
    let Ok(module) = modules.get_item(module) else { return Ok(false) };
    match module.getattr_opt(name)? {
        Some(base) => Ok(base.cast::<PyType>().is_ok_and(|base| class.is_subclass(base).unwrap_or(false))),
        None => Ok(false),
    }
}

/// By the nearest class with a built-in value that it is derived from, or else by its fields alone.
fn by_ancestors(class: &Bound<'_, PyType>, name: String) -> Result<Class, Failure> {
    for ancestor in class.mro().iter() {
        let Ok(ancestor) = ancestor.cast_into::<PyType>() else { continue };
        let (module, ancestor_name) = names(&ancestor)?;
        let Some((write, attributes)) = base(&module, &ancestor_name) else { continue };
        let layout = layout(class, &ancestor)?;
        if !layout.is_open && !is_exception(class)? {
            return Ok(Class { reason: HIDDEN, ..Class::new(name, write_opaque) });
        }
        // A map of a file into memory keeps there how it was made.
        let has_dict = layout.has_dict && name != "numpy.memmap";
        let found = Class { base: Some(write), attributes, ..Class::new(name, write_derived) };
        return Ok(Class { has_dict, slots: layout.slots, ..found });
    }
    let layout = layout(class, &class.py().get_type::<PyAny>())?;
    if !layout.is_open {
        return Ok(Class { reason: HIDDEN, ..Class::new(name, write_opaque) });
    }
    let is_described = class.hasattr("__dataclass_fields__")? || class.hasattr("__attrs_attrs__")?;
    let write = if is_described { write_record } else { write_plain_object };
    Ok(Class { has_dict: layout.has_dict, slots: layout.slots, ..Class::new(name, write) })
}

fn is_exception(class: &Bound<'_, PyType>) -> PyResult<bool> {
    class.is_subclass_of::<pyo3::exceptions::PyBaseException>()
}
