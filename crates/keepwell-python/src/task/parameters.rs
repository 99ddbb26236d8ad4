//! The parameters of a function, and how the arguments of a call are bound to them.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    PositionalOnly,
    Ordinary,
    VariadicPositional,
    KeywordOnly,
    VariadicKeyword,
}

/// A parameter of a function.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Py<PyString>,
    pub(crate) text: String,
    /// The name as paths in messages begin.
    pub(crate) path: String,
    kind: Kind,
    default: Option<Py<PyAny>>,
}

/// The parameters of a function, in their order.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<Parameter>);

impl Parameters {
    /// From a list of `(name, kind, default)`, the kinds as in `inspect.Parameter.kind`, the default in a tuple if there is
    /// one.
    pub(crate) fn of(described: &Bound<'_, PyAny>) -> PyResult<Self> {
        described.try_iter()?.map(|parameter| Parameter::of(&parameter?)).collect::<PyResult<_>>().map(Self)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|parameter| parameter.text.as_str()).collect()
    }

    /// The value of each parameter, defaults applied; `None` if the arguments do not fit, which Python's own binding
    /// explains better.
    pub(crate) fn bind<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
        let mut positional = args.iter();
        let mut named_used = 0;
        let mut bound = Vec::with_capacity(self.0.len());
        for parameter in &self.0 {
            let value = match parameter.kind {
                Kind::VariadicPositional => Some(PyTuple::new(py, positional.by_ref().collect::<Vec<_>>())?.into_any()),
                Kind::VariadicKeyword => Some(self.others(py, kwargs, &mut named_used)?.into_any()),
                Kind::PositionalOnly => positional.next(),
                Kind::KeywordOnly => parameter.named(py, kwargs, &mut named_used)?,
                Kind::Ordinary => match positional.next() {
                    Some(_) if parameter.is_named(py, kwargs)? => return Ok(None),
                    Some(value) => Some(value),
                    None => parameter.named(py, kwargs, &mut named_used)?,
                },
            };
            match value.or_else(|| parameter.default.as_ref().map(|default| default.bind(py).clone())) {
                Some(value) => bound.push(value),
                None => return Ok(None),
            }
        }
        let is_all_used = positional.next().is_none() && named_used == kwargs.map_or(0, |kwargs| kwargs.len());
        Ok(is_all_used.then_some(bound))
    }

    /// The bound values by their names.
    pub(crate) fn dictionary<'py>(&self, py: Python<'py>, bound: &[Py<PyAny>]) -> PyResult<Bound<'py, PyDict>> {
        let named = PyDict::new(py);
        for (parameter, value) in self.0.iter().zip(bound) {
            named.set_item(&parameter.name, value)?;
        }
        Ok(named)
    }

    /// The arguments of a call that binds to these values by name. What has no value is left to its default.
    pub(crate) fn call_arguments<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyDict>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let (mut args, kwargs) = (Vec::new(), PyDict::new(py));
        let mut has_gap = false;
        for parameter in &self.0 {
            let Some(value) = values.get_item(&parameter.name)? else {
                has_gap = true;
                continue;
            };
            match parameter.kind {
                Kind::Ordinary if has_gap => kwargs.set_item(&parameter.name, value)?,
                Kind::PositionalOnly | Kind::Ordinary => args.push(value),
                Kind::VariadicPositional => args.extend(value.try_iter()?.collect::<PyResult<Vec<_>>>()?),
                Kind::KeywordOnly => kwargs.set_item(&parameter.name, value)?,
                Kind::VariadicKeyword => kwargs.update(value.cast::<PyDict>()?.as_mapping())?,
            }
        }
        Ok((PyTuple::new(py, args)?, kwargs))
    }

    /// The named arguments that no parameter names.
    fn others<'py>(
        &self,
        py: Python<'py>,
        kwargs: Option<&Bound<'py, PyDict>>,
        used: &mut usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let others = PyDict::new(py);
        for (name, value) in kwargs.into_iter().flatten() {
            let is_ours = |parameter: &&Parameter| {
                matches!(parameter.kind, Kind::Ordinary | Kind::KeywordOnly)
                    && name.eq(&parameter.name).unwrap_or_default()
            };
            if self.0.iter().find(is_ours).is_none() {
                others.set_item(name, value)?;
                *used += 1;
            }
        }
        Ok(others)
    }
}

impl Parameter {
    fn of(described: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (name, kind, default): (Bound<'_, PyString>, u8, Option<(Py<PyAny>,)>) = described.extract()?;
        let kind = match kind {
            0 => Kind::PositionalOnly,
            1 => Kind::Ordinary,
            2 => Kind::VariadicPositional,
            3 => Kind::KeywordOnly,
            4 => Kind::VariadicKeyword,
            _ => return Err(PyTypeError::new_err(format!("there is no kind {kind} of parameter"))),
        };
        let text = name.to_str()?.to_owned();
        let path = format!("parameters.{text}");
        Ok(Self { name: name.unbind(), text, path, kind, default: default.map(|(default,)| default) })
    }

    /// The value of a parameter that is given none: its default, or nothing for the variadic ones.
    pub(super) fn when_missing<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self.kind {
            Kind::VariadicPositional => Some(PyTuple::empty(py).into_any()),
            Kind::VariadicKeyword => Some(PyDict::new(py).into_any()),
            Kind::PositionalOnly | Kind::Ordinary | Kind::KeywordOnly => {
                self.default.as_ref().map(|default| default.bind(py).clone())
            }
        }
    }

    pub(super) fn missing(&self) -> PyErr {
        PyTypeError::new_err(format!("missing a required argument: '{}'", self.text))
    }

    fn named<'py>(
        &self,
        py: Python<'py>,
        kwargs: Option<&Bound<'py, PyDict>>,
        used: &mut usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(kwargs) = kwargs else { return Ok(None) };
        let value = kwargs.get_item(self.name.bind(py))?;
        *used += usize::from(value.is_some());
        Ok(value)
    }

    fn is_named(&self, py: Python<'_>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<bool> {
        kwargs.map_or(Ok(false), |kwargs| kwargs.contains(self.name.bind(py)))
    }
}
