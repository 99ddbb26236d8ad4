//! Names the place in a value, for errors.

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};

use super::frame::{Content, Frame};

/// A path longer than twice this is shown with its middle left out.
const SHOWN_AT_EACH_END: usize = 16;
/// The longest key that is shown whole, in characters.
const LONGEST_KEY: usize = 40;

/// The path to what was being written when these frames were open, such as `parameters.x[3].lock`.
pub(super) fn path(root: &str, frames: &[Frame<'_>]) -> String {
    let steps: Vec<String> = frames.iter().filter_map(step).collect();
    let left_out = steps.len().saturating_sub(2 * SHOWN_AT_EACH_END);
    if left_out == 0 {
        return format!("{root}{}", steps.concat());
    }
    let (begin, end) = (&steps[..SHOWN_AT_EACH_END], &steps[SHOWN_AT_EACH_END + left_out..]);
    format!("{root}{}…({left_out} levels)…{}", begin.concat(), end.concat())
}

fn step(frame: &Frame<'_>) -> Option<String> {
    match &frame.content {
        Content::List { next, .. } | Content::Tuple { next, .. } => Some(format!("[{}]", next.checked_sub(1)?)),
        Content::Slices(slices) => Some(format!("[{}]", slices.taken().checked_sub(1)?)),
        Content::Set { .. } => Some("{…}".to_owned()),
        Content::Pieces { step: Some(name), .. } => Some(format!(".{name}")),
        Content::Pieces { .. } => None,
        Content::Map(entries) => {
            let key = entries.key.as_ref()?;
            let shown = shown(key);
            Some(if entries.is_named { format!(".{}", shown.trim_matches('"')) } else { format!("[{shown}]") })
        }
    }
}

/// A key as it is shown. No code of the user is run for it.
fn shown(key: &Bound<'_, PyAny>) -> String {
    if let Ok(text) = key.cast_exact::<PyString>() {
        let text = text.to_string_lossy();
        return match text.char_indices().nth(LONGEST_KEY) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        };
    }
    match key.cast_exact::<PyInt>().ok().and_then(|number| number.extract::<i64>().ok()) {
        Some(number) => number.to_string(),
        None => "…".to_owned(),
    }
}
