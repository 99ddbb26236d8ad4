//! What holds other values.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFrozenSet, PyIterator, PyList, PySet, PyString, PyTuple, PyType};

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::walk::{Mode, Piece, Walker};

pub(in crate::value) fn write_list<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    walker.open_list(value.cast::<PyList>().map_err(PyErr::from)?)
}

/// The array alone.
pub(in crate::value) fn write_tuple<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    walker.open_tuple(value.cast::<PyTuple>().map_err(PyErr::from)?)
}

/// A tuple as an item.
pub(in crate::value) fn write_tagged_tuple<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    walker.encoder().tag(tag::TUPLE);
    write_tuple(walker, value)
}

pub(in crate::value) fn write_dict<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    static ITEMS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = walker.py;
    let dict = value.cast::<PyDict>().map_err(PyErr::from)?;
    // A subclass may present other items than it holds.
    let items = ITEMS.get_or_try_init(py, || py.get_type::<PyDict>().getattr("items").map(Bound::unbind))?;
    let items = items.bind(py).call1((value,))?.try_iter()?;
    walker.open_map(value, items, dict.len())
}

/// A dictionary whose order is part of what it is: pairs, in that order.
pub(in crate::value) fn write_ordered_dict<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let class = walker.py.import(intern!(walker.py, "collections"))?.getattr(intern!(walker.py, "OrderedDict"))?;
    let items = class.call_method1(intern!(walker.py, "items"), (value,))?;
    let pairs = PyList::new(walker.py, items.try_iter()?.collect::<PyResult<Vec<_>>>()?)?;
    walker.open_list(&pairs)
}

pub(in crate::value) fn write_set<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    walker.encoder().tag(tag::SET);
    let length = value.cast::<PySet>().map_err(PyErr::from)?.len();
    let members = members(&walker.py.get_type::<PySet>(), value)?;
    walker.open_set(value, members, length)
}

pub(in crate::value) fn write_frozen_set<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    walker.encoder().tag(tag::FROZEN_SET);
    let length = value.cast::<PyFrozenSet>().map_err(PyErr::from)?.len();
    let members = members(&walker.py.get_type::<PyFrozenSet>(), value)?;
    walker.open_set(value, members, length)
}

fn members<'py>(class: &Bound<'py, PyType>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyIterator>> {
    let members = class.call_method1(intern!(value.py(), "__iter__"), (value,))?;
    members.cast_into::<PyIterator>().map_err(PyErr::from)
}

/// A queue: its elements, and how many it takes.
pub(in crate::value) fn write_queue<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let limit = value.getattr(intern!(walker.py, "maxlen"))?;
    let elements = PyList::new(walker.py, value.try_iter()?.collect::<PyResult<Vec<_>>>()?)?;
    let mut fields = class.fields_of(value)?;
    fields.push((PyString::intern(walker.py, "maxlen"), limit));
    write_derived_from(walker, value, class, Piece::Value(elements.into_any()), fields)
}

/// A view of a dictionary through which it cannot be changed.
pub(in crate::value) fn write_mapping_proxy<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let copy = value.call_method0(intern!(walker.py, "copy"))?;
    write_derived_from(walker, value, class, Piece::Value(copy), Vec::new())
}

/// `[class, built-in value, {fields}]`.
pub(in crate::value) fn write_derived_from<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
    content: Piece<'py>,
    fields: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
) -> Result<(), Failure> {
    debug_assert_eq!(walker.mode, Mode::Key, "a class's instances are no plain data");
    let mut encoder = walker.encoder();
    encoder.tag(tag::DERIVED);
    encoder.array(3);
    encoder.text(&class.name);
    walker.open_pieces(value, vec![content, Piece::Fields(fields)])
}
