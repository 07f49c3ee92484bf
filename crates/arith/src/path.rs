//! Which code runs.

use std::fmt;

/// Which implementation does the work. Both give the same answer; only time differs.
///
/// A value of the vector path exists only on a processor that has its instructions, so holding one is the permission to
/// run them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path(Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    Ifma,
}

impl Path {
    /// Plain 64-bit integers: runs everywhere.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// Eight lanes of 52-bit multiply-add (AVX-512 IFMA), where this processor and system have them.
    #[must_use]
    pub fn ifma() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma") {
            return Some(Self(Kind::Ifma));
        }
        None
    }
    /// The fastest that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::ifma().unwrap_or(Self::PORTABLE)
    }
    /// Whether this is the vector path.
    #[must_use]
    pub const fn is_ifma(self) -> bool {
        matches!(self.0, Kind::Ifma)
    }
}

/// Its name, for reports: `portable` or `avx512-ifma`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_ifma() { "avx512-ifma" } else { "portable" })
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
