//! placeholder
use super::Write;
use crate::Error;
/// placeholder
pub fn commit(_writes: &[Write]) -> Result<(), Error> {
    Ok(())
}
