//! Which file system a folder is on, and what is known of that kind.

use std::fmt;
use std::fs::File;
use std::io;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystemKind {
    /// One that is well known, by its name.
    Known(&'static str, Reach),
    /// Any other, by its number.
    Other(u64),
    /// The operating system does not say.
    Unsaid,
}

/// Where a file system's files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On a disk of this machine.
    Disk,
    /// In this machine's memory.
    Memory,
    /// On another file system of this machine, beneath this one.
    Beneath,
    /// With a server, and so with other machines.
    Network,
    /// Wherever a program says.
    Program,
}

/// The numbers of `statfs` (Linux, `statfs(2)` and `linux/magic.h`).
const KNOWN: &[(u64, &str, Reach)] = &[
    (0xef53, "ext4", Reach::Disk),
    (0x5846_5342, "xfs", Reach::Disk),
    (0x9123_683e, "btrfs", Reach::Disk),
    (0x2fc1_2fc1, "zfs", Reach::Disk),
    (0xca45_1a4e, "bcachefs", Reach::Disk),
    (0xf2f5_2010, "f2fs", Reach::Disk),
    (0x4d44, "vfat", Reach::Disk),
    (0x2011_bab0, "exfat", Reach::Disk),
    (0x7366_746e, "ntfs3", Reach::Disk),
    (0x0102_1994, "tmpfs", Reach::Memory),
    (0x8584_58f6, "ramfs", Reach::Memory),
    (0x794c_7630, "overlay", Reach::Beneath),
    (0x6969, "nfs", Reach::Network),
    (0xff53_4d42, "cifs", Reach::Network),
    (0xfe53_4d42, "smb2", Reach::Network),
    (0x517b, "smb", Reach::Network),
    (0x00c3_6400, "ceph", Reach::Network),
    (0x0bd0_0bd0, "lustre", Reach::Network),
    (0x4750_4653, "gpfs", Reach::Network),
    (0x5346_414f, "afs", Reach::Network),
    (0x0116_1970, "gfs2", Reach::Network),
    (0x7461_636f, "ocfs2", Reach::Network),
    (0x0102_1997, "9p", Reach::Program),
    (0x6573_5546, "fuse", Reach::Program),
    (0x786f_4256, "vboxsf", Reach::Program),
];

impl FileSystemKind {
    pub(super) fn of(folder: &File) -> io::Result<Self> {
        Ok(magic(folder)?.map_or(Self::Unsaid, Self::of_magic))
    }

    fn of_magic(magic: u64) -> Self {
        let known = KNOWN.iter().find(|(number, ..)| *number == magic);
        known.map_or(Self::Other(magic), |(_, name, reach)| Self::Known(name, *reach))
    }

    /// Where its files are, if that is known.
    pub fn reach(self) -> Option<Reach> {
        match self {
            Self::Known(_, reach) => Some(reach),
            Self::Other(_) | Self::Unsaid => None,
        }
    }
}

/// Displays its name.
impl fmt::Display for FileSystemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name, _) => formatter.write_str(name),
            Self::Other(magic) => write!(formatter, "file system {magic:#x}"),
            Self::Unsaid => formatter.write_str("unknown file system"),
        }
    }
}

#[cfg(target_os = "linux")]
fn magic(folder: &File) -> io::Result<Option<u64>> {
    // The number has 32 bits, and is sign-extended on some machines.
    #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "its 32 bits are what counts")]
    Ok(Some(u64::from(rustix::fs::fstatfs(folder)?.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn magic(_folder: &File) -> io::Result<Option<u64>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_people_use_have_names() {
        let names = [0xef53, 0x0102_1994, 0x6969, 0x6573_5546, 0xff53_4d42, 7].map(FileSystemKind::of_magic);
        let shown = names.map(|kind| kind.to_string());
        assert_eq!(shown, ["ext4", "tmpfs", "nfs", "fuse", "cifs", "file system 0x7"]);
        assert_eq!(names.map(|kind| kind.reach().is_some()), [true, true, true, true, true, false]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_own_files_are_a_kind_that_stores_nothing() {
        let kind = FileSystemKind::of(&File::open("/proc").unwrap()).unwrap();
        assert_eq!(kind, FileSystemKind::Other(0x9fa0));
    }
}
