//! Numbers that are more than one machine word.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyComplexMethods, PyFloat, PyInt, PyString};

use super::super::failure::Failure;
use super::super::walk::Walker;

pub(in crate::value) fn write_integer<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    if let Ok(number) = value.extract::<i64>() {
        walker.encoder().integer(number);
        return Ok(());
    }
    if let Ok(number) = value.extract::<i128>() {
        walker.encoder().integer_128(number);
        return Ok(());
    }
    write_big(walker, value)
}

#[cold]
fn write_big<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let int = py.get_type::<PyInt>();
    let is_negative = int.call_method1(intern!(py, "__lt__"), (value, 0))?.is_truthy()?;
    let magnitude = if is_negative { int.call_method1("__invert__", (value,))? } else { value.clone() };
    let bits: usize = int.call_method1(intern!(py, "bit_length"), (&magnitude,))?.extract()?;
    let bytes = int.call_method1(intern!(py, "to_bytes"), (&magnitude, bits.div_ceil(8), intern!(py, "big")))?;
    let mut encoder = walker.encoder();
    encoder.tag(if is_negative { tag::BIG_NEGATIVE } else { tag::BIG });
    encoder.bytes(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    Ok(())
}

pub(in crate::value) fn write_float<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let number = value.cast::<PyFloat>().map_err(PyErr::from)?.value();
    walker.encoder().float_64(number);
    Ok(())
}

pub(in crate::value) fn write_complex<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let number = value.cast::<PyComplex>().map_err(PyErr::from)?;
    let (real, imaginary) = (number.real(), number.imag());
    let mut encoder = walker.encoder();
    encoder.tag(tag::COMPLEX);
    encoder.array(2);
    encoder.float_64(real);
    encoder.float_64(imaginary);
    Ok(())
}

/// The text of `Decimal.__str__`, which a subclass may have overridden.
pub(in crate::value) fn write_decimal<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let decimal = walker.py.import(intern!(walker.py, "decimal"))?.getattr(intern!(walker.py, "Decimal"))?;
    let text = decimal.call_method1(intern!(walker.py, "__str__"), (value,))?;
    let text = text.cast::<PyString>().map_err(PyErr::from)?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::DECIMAL);
    encoder.text(text.to_str()?);
    Ok(())
}

pub(in crate::value) fn write_fraction<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let numerator = value.getattr(intern!(walker.py, "numerator"))?;
    let denominator = value.getattr(intern!(walker.py, "denominator"))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::FRACTION);
    encoder.array(2);
    write_integer(walker, &numerator)?;
    write_integer(walker, &denominator)
}
