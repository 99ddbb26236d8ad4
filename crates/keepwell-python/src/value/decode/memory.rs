//! The memory of a record, as NumPy takes it over.

use bytes::Bytes;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What becomes of the memory of a record's arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Others look at it too: arrays are copies.
    Copied,
    /// Nobody else does: arrays lie in it, and can be written to.
    TakenOver,
    /// Others look at it too, or it belongs to a file: arrays lie in it, and cannot be written to.
    ReadOnly,
}

/// A copy of the bytes that ends where the elements of an array that they end with are aligned.
pub(crate) fn aligned_copy(bytes: &[u8]) -> Bytes {
    const ALIGNMENT: usize = 64;
    let mut memory: Vec<u8> = Vec::with_capacity(bytes.len() + ALIGNMENT);
    let end = memory.as_ptr().addr() + bytes.len();
    let start = end.next_multiple_of(ALIGNMENT) - end;
    memory.resize(start, 0);
    memory.extend_from_slice(bytes);
    Bytes::from(memory).slice(start..)
}

/// Bytes of a record that an array is to be made of.
#[pyclass(frozen, module = "keepwell._core")]
pub(super) struct Memory {
    bytes: Bytes,
    sharing: Sharing,
}

impl Memory {
    pub(super) fn new(bytes: Bytes, sharing: Sharing) -> Self {
        Self { bytes, sharing }
    }

    /// The bytes as an array of NumPy's that has elements of this type.
    pub(super) fn array<'py>(slf: &Bound<'py, Self>, element: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Self { bytes, sharing } = slf.get();
        let alignment: usize = element.getattr(intern!(py, "alignment"))?.extract()?;
        let is_shared = match sharing {
            Sharing::Copied => false,
            Sharing::TakenOver => bytes.as_ptr().addr().is_multiple_of(alignment),
            // NumPy reads elements that lie across words too, if more slowly.
            Sharing::ReadOnly => true,
        };
        let make = if is_shared { intern!(py, "asarray") } else { intern!(py, "array") };
        py.import(intern!(py, "numpy"))?.call_method1(make, (slf,))?.call_method1(intern!(py, "view"), (element,))
    }
}

#[pymethods]
impl Memory {
    /// Where the bytes are, in the words of NumPy's array interface; an array that is made of them keeps this object.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let interface = PyDict::new(py);
        let is_read_only = self.sharing != Sharing::TakenOver;
        interface.set_item("version", 3)?;
        interface.set_item("typestr", "|u1")?;
        interface.set_item("shape", (self.bytes.len(),))?;
        interface.set_item("data", (self.bytes.as_ptr().addr(), is_read_only))?;
        Ok(interface)
    }
}
