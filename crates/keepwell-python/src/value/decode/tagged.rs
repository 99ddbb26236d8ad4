//! What tags make of the items that they enclose.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyComplex, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString};

use super::super::failure::Failure;
use super::numbers::{array, dimensions, scalar, typed_array};
use super::tables::{column, frame};
use super::times::{date, date_time, duration, time};

/// The value that `item` is under this tag.
pub(super) fn convert<'py>(tag: u64, item: Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    Ok(match tag {
        tag::BIG | tag::BIG_NEGATIVE => big(&item, tag == tag::BIG_NEGATIVE)?,
        tag::TUPLE => list(&item)?.to_tuple().into_any(),
        tag::SET => members(PySet::new(py, list(&item)?.iter())?.into_any(), &item)?,
        tag::FROZEN_SET => members(PyFrozenSet::new(py, list(&item)?.iter())?.into_any(), &item)?,
        tag::BYTE_ARRAY if item.is_instance_of::<PyByteArray>() => item,
        tag::DECIMAL => py.import("decimal")?.getattr("Decimal")?.call1((text(&item)?,))?,
        tag::FRACTION => {
            let [numerator, denominator] = parts(&item)?;
            let is_whole = numerator.is_instance_of::<PyInt>() && denominator.is_instance_of::<PyInt>();
            check(is_whole, "a fraction that is not made of integers")?;
            py.import("fractions")?.getattr("Fraction")?.call1((numerator, denominator))?
        }
        tag::UUID => {
            let bytes = item.cast::<PyBytes>().map_err(|_| Failure::new("a UUID that is not bytes"))?;
            py.import("uuid")?.getattr("UUID")?.call1((py.None(), bytes))?
        }
        tag::COMPLEX => {
            let [real, imaginary] = parts(&item)?;
            PyComplex::from_doubles(py, float(&real)?, float(&imaginary)?).into_any()
        }
        tag::RANGE => {
            let [start, stop, step] = parts(&item)?;
            py.import("builtins")?.getattr("range")?.call1((start, stop, step))?
        }
        tag::SLICE => {
            let [start, stop, step] = parts(&item)?;
            py.import("builtins")?.getattr("slice")?.call1((start, stop, step))?
        }
        tag::SINGLETON => singleton(&item)?,
        tag::PATH => path(&item)?,
        tag::DATE => date(&item)?,
        tag::DATE_TIME => date_time(&item)?,
        tag::TIME => time(&item)?,
        tag::DURATION => duration(&item)?,
        tag::FRAME => frame(&item)?,
        tag::COLUMN => column(&item)?,
        tag::ARRAY => array(&item)?,
        tag::SCALAR => scalar(&item)?,
        tag::DIMENSIONS => dimensions(&item)?,
        tag::U8_ARRAY..=tag::F64_ARRAY => typed_array(tag, &item)?,
        _ => of_rust(tag, item)?,
    })
}

/// What only Rust writes, as the plain data that comes nearest.
fn of_rust<'py>(tag: u64, item: Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    match tag {
        tag::CHAR => Ok(text(&item)?.clone().into_any()),
        tag::SOME => Ok(py.None().into_bound(py)),
        tag::RECORD => {
            let record = list(&item)?;
            match record.len() {
                1 => Ok(py.None().into_bound(py)),
                2 => Ok(record.get_item(1)?),
                _ => Err(Failure::new("a record of another shape")),
            }
        }
        tag::ENUM => {
            let member = list(&item)?;
            match member.len() {
                2 => Ok(member.get_item(1)?),
                3 => {
                    let named = pyo3::types::PyDict::new(py);
                    named.set_item(member.get_item(1)?, member.get_item(2)?)?;
                    Ok(named.into_any())
                }
                _ => Err(Failure::new("a member of an enumeration of another shape")),
            }
        }
        _ => Err(Failure::new(format!("the tag {tag} is not one of a value"))),
    }
}

pub(super) fn check(holds: bool, problem: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(problem)) }
}

pub(super) fn list<'a, 'py>(item: &'a Bound<'py, PyAny>) -> Result<&'a Bound<'py, PyList>, Failure> {
    item.cast_exact::<PyList>().map_err(|_| Failure::new("an array was expected"))
}

pub(super) fn text<'a, 'py>(item: &'a Bound<'py, PyAny>) -> Result<&'a Bound<'py, PyString>, Failure> {
    item.cast_exact::<PyString>().map_err(|_| Failure::new("a text was expected"))
}

/// The items of an array of so many.
pub(super) fn parts<'py, const N: usize>(item: &Bound<'py, PyAny>) -> Result<[Bound<'py, PyAny>; N], Failure> {
    let items: Vec<_> = list(item)?.iter().collect();
    items.try_into().map_err(|_| Failure::new(format!("an array of {N} was expected")))
}

fn float(item: &Bound<'_, PyAny>) -> Result<f64, Failure> {
    Ok(item.cast_exact::<PyFloat>().map_err(|_| Failure::new("a float was expected"))?.value())
}

/// A set, if none of its members was given twice.
fn members<'py>(set: Bound<'py, PyAny>, given: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    check(set.len()? == given.len()?, "a set has the same member twice")?;
    Ok(set)
}

fn big<'py>(item: &Bound<'py, PyAny>, is_negative: bool) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let bytes = item.cast::<PyBytes>().map_err(|_| Failure::new("a big integer that is not bytes"))?;
    let is_shortest = bytes.as_bytes().len() > 8 && bytes.as_bytes()[0] != 0;
    check(is_shortest, "a big integer longer than needed")?;
    let number = py.get_type::<PyInt>().call_method1(intern!(py, "from_bytes"), (bytes, intern!(py, "big")))?;
    Ok(if is_negative { number.bitnot()? } else { number })
}

fn singleton<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    match text(item)?.to_str()? {
        "Ellipsis" => Ok(py.Ellipsis().into_bound(py)),
        "NotImplemented" => Ok(py.NotImplemented().into_bound(py)),
        _ => Err(Failure::new("an unknown name of the one value of its type")),
    }
}

fn path<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let [flavour, path] = parts(item)?;
    check(text(&flavour)?.to_str()? == "posix", "a path of another system")?;
    let path = if path.is_instance_of::<PyBytes>() {
        py.import("os")?.call_method1("fsdecode", (path,))?
    } else {
        text(&path)?.clone().into_any()
    };
    Ok(py.import("pathlib")?.getattr("PosixPath")?.call1((path,))?)
}
