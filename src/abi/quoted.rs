//! What a caller wrote, within a sentence.

use std::fmt::{self, Write};

/// A text in quotation marks; what cannot be seen in it is escaped. `Debug` does nearly the same, with tables
/// of all of Unicode.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            if c.is_control() || matches!(c, '"' | '\\') {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        f.write_char('"')
    }
}
