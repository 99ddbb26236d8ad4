//! The classes that are known by name.

use super::super::array::write_array;
use super::super::code::{write_function, write_method, write_property_of};
use super::super::content::{write_directory, write_file};
use super::super::record::{write_alias, write_record, write_shown, write_zone};
use super::super::standard::collection::{
    write_dict, write_frozen_set, write_list, write_mapping_proxy, write_ordered_dict, write_queue, write_set,
    write_tagged_tuple,
};
use super::super::standard::exception::write_exception;
use super::super::standard::number::{write_complex, write_decimal, write_float, write_fraction, write_integer};
use super::super::standard::other::{write_range, write_singleton, write_slice, write_uuid};
use super::super::standard::path::{write_posix_path, write_windows_path};
use super::super::standard::text::{write_byte_array, write_bytes, write_memory_view, write_text};
use super::super::standard::time::{write_date, write_date_time, write_duration, write_time};
use super::super::table::{arrow, pandas, polars};
use super::{ClassWriter, Writer};

/// How the instances of a class are written, and whether they are plain data.
pub(in crate::value) enum Kind {
    /// Plain data, written without a look at the class.
    Plain(Writer),
    /// The same, but what is written cannot be read back.
    Hashed(Writer),
    /// A table, and how it is kept.
    Table(ClassWriter, Writer),
    /// Written with a look at the class.
    Classed(ClassWriter),
    /// A record of these attributes.
    Described(&'static [&'static str]),
    /// A value that is derived from a built-in one and has these attributes besides.
    Extended(Writer, &'static [&'static str]),
}

/// What is known of the class with this module and qualified name.
pub(super) fn kind(module: &str, name: &str) -> Option<Kind> {
    match module {
        "builtins" => builtin(name),
        "numpy" => numpy(name),
        "keepwell.keys" => match name {
            "File" => Some(Kind::Hashed(write_file)),
            "Directory" => Some(Kind::Hashed(write_directory)),
            _ => None,
        },
        _ if is_of(module, "pandas") => pandas::kind(name),
        _ if is_of(module, "polars") => polars::kind(name),
        _ if is_of(module, "pyarrow") => arrow::kind(name),
        _ => standard(module, name),
    }
}

/// Whether the module is that of the library or in it.
fn is_of(module: &str, library: &str) -> bool {
    module.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn builtin(name: &str) -> Option<Kind> {
    Some(match name {
        "complex" => Kind::Plain(write_complex),
        "bytearray" => Kind::Plain(write_byte_array),
        "memoryview" => Kind::Hashed(write_memory_view),
        "range" => Kind::Plain(write_range),
        "slice" => Kind::Plain(write_slice),
        "set" => Kind::Plain(write_set),
        "frozenset" => Kind::Plain(write_frozen_set),
        "ellipsis" | "NotImplementedType" => Kind::Plain(write_singleton),
        "mappingproxy" => Kind::Classed(write_mapping_proxy),
        "function" | "builtin_function_or_method" | "method_descriptor" | "wrapper_descriptor" => {
            Kind::Classed(write_function)
        }
        "method" => Kind::Classed(write_method),
        "property" | "staticmethod" | "classmethod" => Kind::Classed(write_property_of),
        _ => return None,
    })
}

fn numpy(name: &str) -> Option<Kind> {
    match name {
        "ndarray" => Some(Kind::Plain(write_array)),
        "ufunc" => Some(Kind::Described(&["__name__"])),
        "_ArrayFunctionDispatcher" => Some(Kind::Described(&["__wrapped__"])),
        _ => None,
    }
}

fn standard(module: &str, name: &str) -> Option<Kind> {
    Some(match (module, name) {
        ("decimal", "Decimal") => Kind::Plain(write_decimal),
        ("fractions", "Fraction") => Kind::Plain(write_fraction),
        ("uuid", "UUID") => Kind::Plain(write_uuid),
        ("datetime", "date") => Kind::Plain(write_date),
        ("datetime", "datetime") => Kind::Plain(write_date_time),
        ("datetime", "time") => Kind::Plain(write_time),
        ("datetime", "timedelta") => Kind::Plain(write_duration),
        ("datetime", "timezone") => Kind::Classed(write_zone),
        ("zoneinfo", "ZoneInfo") => Kind::Described(&["key"]),
        ("pathlib" | "pathlib._local", "PosixPath") => Kind::Plain(write_posix_path),
        ("pathlib" | "pathlib._local", "WindowsPath") => Kind::Plain(write_windows_path),
        ("pathlib" | "pathlib._local", "PurePosixPath") => Kind::Hashed(write_posix_path),
        ("pathlib" | "pathlib._local", "PureWindowsPath") => Kind::Hashed(write_windows_path),
        ("collections", "OrderedDict") => Kind::Extended(write_ordered_dict, &[]),
        ("collections", "defaultdict") => Kind::Extended(write_dict, &["default_factory"]),
        ("collections", "deque") => Kind::Classed(write_queue),
        ("types", "SimpleNamespace") => Kind::Classed(write_record),
        ("types", "GenericAlias" | "UnionType") => Kind::Classed(write_alias),
        ("functools", "partial") => Kind::Described(&["func", "args", "keywords"]),
        ("functools", "_lru_cache_wrapper") => Kind::Described(&["__wrapped__"]),
        ("re", "Pattern") => Kind::Described(&["pattern", "flags"]),
        ("pydantic_core._pydantic_core", "Url" | "MultiHostUrl") => Kind::Classed(write_shown),
        _ => return None,
    })
}

/// How what a class is derived from is written, if that is a built-in value, and what it has besides.
pub(super) fn base(module: &str, name: &str) -> Option<(Writer, &'static [&'static str])> {
    Some(match (module, name) {
        ("builtins", "int") => (write_integer, &[]),
        ("builtins", "float") => (write_float, &[]),
        ("builtins", "str") => (write_text, &[]),
        ("builtins", "bytes") => (write_bytes, &[]),
        ("builtins", "list") => (write_list, &[]),
        ("builtins", "tuple") => (write_tagged_tuple, &[]),
        ("builtins", "dict") => (write_dict, &[]),
        ("builtins", "OSError") => (write_exception, &["filename", "filename2"]),
        ("builtins", "ImportError") => (write_exception, &["name", "path"]),
        ("builtins", "BaseException") => (write_exception, &[]),
        _ => match kind(module, name)? {
            Kind::Plain(write) | Kind::Hashed(write) => (write, &[]),
            Kind::Extended(write, attributes) => (write, attributes),
            Kind::Table(..) | Kind::Classed(_) | Kind::Described(_) => return None,
        },
    })
}
