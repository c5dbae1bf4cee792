//! The status words of groups, jobs and files.

/// A status word (spec §2.3, §4).
///
/// One disjoint range of bits for each level; a word holds the bits of one level only.
///
/// | bit | level | name | meaning |
/// |---|---|---|---|
/// | `0x001` | file | `QM_STATUS_FILE_COMPLETE` | all its bytes are there |
/// | `0x002` | file | `QM_STATUS_FILE_INCOMPLETE` | bytes are missing |
/// | `0x004` | job | `QM_STATUS_JOB_COMPLETE` | all its files are there |
/// | `0x008` | job | `QM_STATUS_JOB_INCOMPLETE` | files are missing |
/// | `0x010` | job | `QM_STATUS_JOB_ERROR` | a failure stopped it |
/// | `0x020` | job | `QM_STATUS_JOB_FOREGROUND` | not supported, never set |
/// | `0x040` | group | `QM_STATUS_GROUP_COMPLETE` | its job is complete (ruling A5) |
/// | `0x080` | group | `QM_STATUS_GROUP_INCOMPLETE` | it is still to be downloaded |
/// | `0x100` | group | `QM_STATUS_GROUP_SUSPENDED` | it is not running; set with COMPLETE and ERROR too |
/// | `0x200` | group | `QM_STATUS_GROUP_ERROR` | a failure stopped it |
/// | `0x400` | group | `QM_STATUS_GROUP_FOREGROUND` | it was switched to the foreground |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatusWord(u32);

bitflags::bitflags! {
    impl StatusWord: u32 {
        /// `0x001`
        const QM_STATUS_FILE_COMPLETE = 0x0000_0001;
        /// `0x002`
        const QM_STATUS_FILE_INCOMPLETE = 0x0000_0002;
        /// `0x004`
        const QM_STATUS_JOB_COMPLETE = 0x0000_0004;
        /// `0x008`
        const QM_STATUS_JOB_INCOMPLETE = 0x0000_0008;
        /// `0x010`
        const QM_STATUS_JOB_ERROR = 0x0000_0010;
        /// `0x020`
        const QM_STATUS_JOB_FOREGROUND = 0x0000_0020;
        /// `0x040`
        const QM_STATUS_GROUP_COMPLETE = 0x0000_0040;
        /// `0x080`
        const QM_STATUS_GROUP_INCOMPLETE = 0x0000_0080;
        /// `0x100`
        const QM_STATUS_GROUP_SUSPENDED = 0x0000_0100;
        /// `0x200`
        const QM_STATUS_GROUP_ERROR = 0x0000_0200;
        /// `0x400`
        const QM_STATUS_GROUP_FOREGROUND = 0x0000_0400;
    }
}

impl StatusWord {
    /// The header names of the bits that are set, in the header's order; bits without one are left
    /// out. For a word from outside, start with [`StatusWord::from_bits_retain`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter_names().map(|(name, _)| name)
    }
}
