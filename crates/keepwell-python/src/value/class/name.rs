//! What a class or function is called.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The module and the qualified name of a class or function. What runs as `__main__` has the script's name for a module,
/// so that it is the same when it is imported.
pub(in crate::value) fn qualified_name(named: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = named.py();
    let qualified = named.getattr(intern!(py, "__qualname__"))?;
    let module = named.getattr_opt(intern!(py, "__module__"))?;
    let module = match module {
        Some(module) if module.is_instance_of::<PyString>() => module.extract::<String>()?,
        _ => "builtins".to_owned(),
    };
    let module = if module == "__main__" { main_module(py)? } else { module };
    Ok(format!("{module}.{}", qualified.str()?.to_str()?))
}

/// The name under which the script that runs as `__main__` would be imported.
fn main_module(py: Python<'_>) -> PyResult<String> {
    let main = py.import(intern!(py, "__main__"))?;
    if let Some(specification) = main.getattr_opt(intern!(py, "__spec__"))?
        && !specification.is_none()
    {
        let name: String = specification.getattr(intern!(py, "name"))?.extract()?;
        return Ok(name.strip_suffix(".__main__").unwrap_or(&name).to_owned());
    }
    let Some(file) = main.getattr_opt(intern!(py, "__file__"))?.filter(|file| !file.is_none()) else {
        return Ok("__main__".to_owned());
    };
    let file: String = file.extract()?;
    let name = file.rsplit(['/', '\\']).next().unwrap_or(&file);
    Ok(name.strip_suffix(".py").unwrap_or(name).to_owned())
}
