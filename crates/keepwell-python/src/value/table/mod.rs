//! Data frames and columns of pandas, polars and pyarrow: what they hold, not how they lay it out.

pub(super) mod arrow;
mod column;
mod frame;
pub(super) mod kept;
pub(super) mod pandas;
mod pandas_values;
pub(super) mod polars;
