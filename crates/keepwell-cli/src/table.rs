//! Tables without lines: columns with two blanks between them.

use comfy_table::{Table, presets};

use crate::failure::Failure;
use crate::session::Session;

/// A table with these headings.
pub(crate) fn new(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Prints a table from the first column on, and no blanks at the end of its lines.
pub(crate) fn print(session: &mut Session, mut table: Table) -> Result<(), Failure> {
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 1));
    }
    table.lines().try_for_each(|line| session.print(line.trim_end()))
}
