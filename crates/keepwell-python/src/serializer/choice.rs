//! Which serializer is meant: a name, or an object of `keepwell.serializers` or of the user's own.

use std::sync::{Arc, LazyLock};

use keepwell_core::record::SerializerName;
use keepwell_core::settings::Settings;
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{Inner, Kind, Serializer};
use crate::error;

/// Where keepwell's own serializers are defined.
const MODULE: &str = "keepwell.serializers";

impl Serializer {
    /// The serializer that a user names or gives. The names of keepwell's own import nothing.
    ///
    /// # Errors
    /// `SerializationError` if it is not a serializer's name, pydantic's `ValidationError` if there is none of that name,
    /// `TypeError` if it is something else.
    pub(crate) fn of(spec: &Bound<'_, PyAny>) -> PyResult<Self> {
        match spec.extract::<String>() {
            Ok(text) => Self::named(spec.py(), &text),
            Err(_) => Self::given(spec),
        }
    }

    /// The serializer that the settings name for results of which neither task nor flow says.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if they name none that there is.
    pub(crate) fn of_settings(py: Python<'_>, settings: &Settings) -> Result<Self, Error> {
        static AUTO: LazyLock<Serializer> =
            LazyLock::new(|| Serializer::new(SerializerName::new("auto").expect("it is a legal name"), Kind::Auto));
        let text = &settings.results.default_serializer;
        if text == "auto" {
            return Ok(AUTO.clone());
        }
        Self::named(py, text).map_err(|exception| {
            error::of_user(ErrorKind::Serialization, format!("there is no serializer `{text}`"), exception)
        })
    }

    fn named(py: Python<'_>, text: &str) -> PyResult<Self> {
        let name = name_of(py, text)?;
        let kind = match name.plain() {
            "auto" => Kind::Auto,
            "cbor" => Kind::Cbor,
            "json" => Kind::Json(None),
            "pickle" => Kind::Pickle(None),
            _ => {
                let arguments = PyDict::new(py);
                arguments.set_item("type", text)?;
                let class = py.import(MODULE)?.getattr("Serializer")?;
                return Self::given(&class.call((), Some(&arguments))?);
            }
        };
        Ok(Self::new(name, kind))
    }

    fn given(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let text: String =
            object.getattr_opt(intern!(py, "type"))?.and_then(|text| text.extract().ok()).ok_or_else(|| {
                PyTypeError::new_err(format!("expected a serializer or the name of one, got {}", describe(object)))
            })?;
        let name = name_of(py, &text)?;
        if object.get_type().getattr(intern!(py, "__module__"))?.extract::<String>()? != MODULE {
            return Ok(Self::new(name, Kind::Own(object.clone().unbind())));
        }
        let kind = match text.as_str() {
            "auto" => Kind::Auto,
            "cbor" => Kind::Cbor,
            "json" => Kind::Json(Some(object.clone().unbind())),
            "pickle" => Kind::Pickle(library(object)?),
            _ if text == "compressed" || name.is_compressed() => return Self::compressed(object),
            // An `UnknownSerializer`.
            _ => Kind::Own(object.clone().unbind()),
        };
        let maps = match object.getattr_opt(intern!(py, "mmap"))? {
            Some(maps) => maps.extract()?,
            None => None,
        };
        Ok(Self(Arc::new(Inner { name, kind, maps })))
    }

    /// What is inside, with the store asked to compress it.
    fn compressed(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let inner = Self::of(&object.getattr(intern!(object.py(), "serializer"))?)?;
        let name = name_of(object.py(), &format!("compressed/{}", inner.0.name.plain()))?;
        Ok(Self::new(name, inner.0.kind.clone_with(object.py())))
    }
}

impl Kind {
    fn clone_with(&self, py: Python<'_>) -> Self {
        match self {
            Self::Auto => Self::Auto,
            Self::Cbor => Self::Cbor,
            Self::Json(object) => Self::Json(object.as_ref().map(|object| object.clone_ref(py))),
            Self::Pickle(library) => Self::Pickle(library.clone()),
            Self::Own(object) => Self::Own(object.clone_ref(py)),
        }
    }
}

/// The module that a `PickleSerializer` names; `None` for the usual one.
fn library(object: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let library: String = object.getattr(intern!(object.py(), "picklelib"))?.extract()?;
    Ok(Some(library).filter(|library| library != "cloudpickle"))
}

fn name_of(py: Python<'_>, text: &str) -> PyResult<SerializerName> {
    SerializerName::new(text).map_err(|failure| error::exception(py, &failure))
}

fn describe(object: &Bound<'_, PyAny>) -> String {
    object.repr().map_or_else(|_| "something without a form in words".to_owned(), |text| text.to_string())
}
