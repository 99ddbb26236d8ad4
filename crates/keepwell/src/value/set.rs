//! Tells sets from lists.
//!
//! To serde a set is a sequence, and a hash set's sequence is in another order in every process. The name of a type is
//! the only thing that a serializer can know of it, so the standard library's sets are recognised by name. Missing one
//! (a set from elsewhere, one behind `serialize_with` or in a `transparent` struct) costs misses and never a wrong hit.

const SETS: [&str; 2] = ["std::collections::hash::set::HashSet<", "alloc::collections::btree::set::BTreeSet<"];
/// What passes `serialize` on to what it holds.
const WRAPPERS: [&str; 6] =
    ["&", "mut ", "alloc::boxed::Box<", "alloc::rc::Rc<", "alloc::sync::Arc<", "alloc::borrow::Cow<'_, "];

/// Whether `type_name`, as [`std::any::type_name`] gives it, is that of a set or of a pointer to one.
pub(super) fn is_set(mut type_name: &str) -> bool {
    while let Some(inner) = WRAPPERS.iter().find_map(|wrapper| type_name.strip_prefix(wrapper)) {
        type_name = inner;
    }
    SETS.iter().any(|set| type_name.starts_with(set))
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::borrow::Cow;
    use std::collections::{BTreeSet, HashMap, HashSet};
    use std::sync::Arc;

    use super::is_set;

    #[test]
    fn the_standard_sets_are_recognised_behind_pointers_too() {
        for name in [
            type_name::<HashSet<u8>>(),
            type_name::<BTreeSet<String>>(),
            type_name::<&&mut HashSet<u8>>(),
            type_name::<Arc<Box<BTreeSet<u8>>>>(),
            type_name::<Cow<'_, HashSet<u8>>>(),
        ] {
            assert!(is_set(name), "{name}");
        }
        for name in
            [type_name::<Vec<HashSet<u8>>>(), type_name::<HashMap<u8, u8>>(), type_name::<Option<HashSet<u8>>>()]
        {
            assert!(!is_set(name), "{name}");
        }
    }
}
