//! placeholder
/// placeholder
#[derive(Debug)]
pub struct MemoryLayer;
