//! The bytes of an array's elements, in row-major order.

use keepwell_core::cbor::Sink;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::super::failure::Failure;
use super::memory::lent;

/// How many elements are gathered at a time where they do not lie side by side.
const GATHERED: usize = 1 << 16;

/// Writes the bytes where they lie if they lie side by side, and gathered piece by piece if not.
pub(super) fn write_contents(array: &Bound<'_, PyAny>, sink: &mut dyn Sink) -> Result<(), Failure> {
    let py = array.py();
    if array.getattr(intern!(py, "flags"))?.getattr(intern!(py, "c_contiguous"))?.is_truthy()? {
        return write_in_place(array, sink);
    }
    let options = PyDict::new(py);
    options.set_item("flags", ["external_loop", "buffered", "zerosize_ok"])?;
    options.set_item("op_flags", PyList::new(py, [PyList::new(py, ["readonly", "contig"])?])?)?;
    options.set_item("order", "C")?;
    options.set_item("buffersize", GATHERED)?;
    let numpy = py.import(intern!(py, "numpy"))?;
    for piece in numpy.call_method(intern!(py, "nditer"), (array,), Some(&options))?.try_iter()? {
        write_in_place(&piece?, sink)?;
    }
    Ok(())
}

fn write_in_place(array: &Bound<'_, PyAny>, sink: &mut dyn Sink) -> Result<(), Failure> {
    let py = array.py();
    let length: usize = array.getattr(intern!(py, "nbytes"))?.extract()?;
    let interface = array.getattr(intern!(py, "__array_interface__"))?.cast_into::<PyDict>().map_err(PyErr::from)?;
    let data = interface.get_item(intern!(py, "data"))?.ok_or_else(|| Failure::new("it has no memory"))?;
    let address: usize = data.cast::<PyTuple>().map_err(PyErr::from)?.get_item(0)?.extract()?;
    sink.write(lent(array, address, length));
    Ok(())
}
