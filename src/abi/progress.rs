//! The answers of `GetProgress` and `get_Size`, which squeeze 64-bit figures into 32 bits.

use super::QmgrError;
use super::constants::constants;

constants! {
    /// Every selector of `GetProgress` with its header name (spec §2.5).
    PROGRESS_SELECTORS: u32;

    /// Percent, 0 to 100.
    QM_PROGRESS_PERCENT_DONE = 1;
    /// Not supported.
    QM_PROGRESS_TIME_DONE = 2;
    /// Bytes. An enumerated value, not PERCENT and TIME together (ruling A13).
    QM_PROGRESS_SIZE_DONE = 3;
}

/// `GetProgress` of a group or a job: `done` of `total` bytes, `total` being `None` until every size
/// is known; `complete` says that the group is complete.
///
/// - Percent are rounded down, 0 while the total is unknown, and 100 only of a complete group
///   (ruling A15).
/// - Bytes beyond 32 bits read as `0xFFFFFFFF` (ruling A14).
///
/// # Errors
///
/// `E_NOTIMPL` for `QM_PROGRESS_TIME_DONE` and for every selector that the header does not know
/// (ruling A20).
pub fn progress(
    selector: u32,
    done: u64,
    total: Option<u64>,
    complete: bool,
) -> Result<u32, QmgrError> {
    match selector {
        QM_PROGRESS_PERCENT_DONE if complete => Ok(100),
        QM_PROGRESS_PERCENT_DONE => Ok(total.map_or(0, |total| percent(done, total))),
        QM_PROGRESS_SIZE_DONE => Ok(saturated(done)),
        _ => Err(QmgrError::not_implemented(format!(
            "progress selector {selector} is not supported"
        ))),
    }
}

/// `get_Size`: the bytes of all files, 0 until every size is known, `0xFFFFFFFF` beyond 32 bits
/// (ruling A14).
#[must_use]
pub fn size(total: Option<u64>) -> u32 {
    total.map_or(0, saturated)
}

/// Of an incomplete group, so 99 at most: its last byte may be there before it is published.
fn percent(done: u64, total: u64) -> u32 {
    let percent = (u128::from(done) * 100).checked_div(u128::from(total)).unwrap_or(0);
    u32::try_from(percent.min(99)).expect("99 at most")
}

fn saturated(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
