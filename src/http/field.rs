//! The values that header fields are made of.

use crate::time::Millis;

/// The names of the months, three letters each.
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// From the first day of the year 1 to that of 1970.
const DAYS_BEFORE_1970: u64 = 719_162;

/// A non-negative decimal number, digits only; one beyond 64 bits becomes `u64::MAX` (R26).
pub(super) fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Of digits alone only an overflow fails to parse.
    Some(text.parse().unwrap_or(u64::MAX))
}

/// A `Content-Length`. Several equal values stand for one (RFC 9110 §8.6); anything else that is
/// not a number says nothing.
pub(super) fn length(text: &str) -> Option<u64> {
    let mut values = text.split(',').map(|value| number(value.trim()));
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// An HTTP-date in any of its three forms (RFC 9110 §5.6.7); the day of the week is not looked at, and
/// dates before 1970 are not understood.
///
/// ```text
/// Sun, 06 Nov 1994 08:49:37 GMT
/// Sunday, 06-Nov-94 08:49:37 GMT
/// Sun Nov  6 08:49:37 1994
/// ```
pub(super) fn date(text: &str) -> Option<Millis> {
    let words = text.trim().split([' ', ',', '-', ':']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let (day, month, year, time) = match words[..] {
        [_, day, month, year, hour, minute, second, "GMT"] => {
            (day, month, year, [hour, minute, second])
        }
        [_, month, day, hour, minute, second, year] => (day, month, year, [hour, minute, second]),
        _ => return None,
    };
    let seconds = time.into_iter().zip([24, 60, 60]).try_fold(0, |sum, (text, end)| {
        Some(sum * 60 + number(text).filter(|part| *part < end)?)
    })?;
    Some(Millis((days(number(day)?, month, full_year(year)?)? * 86_400 + seconds) * 1_000))
}

/// Two digits are those of a year from 1970 on.
fn full_year(text: &str) -> Option<u64> {
    let year = number(text)?;
    let year = match (text.len(), year) {
        (2, 70..) => 1900 + year,
        (2, _) => 2000 + year,
        _ => year,
    };
    (1970..10_000).contains(&year).then_some(year)
}

/// From the first day of 1970 to a date, which may be none of the calendar.
fn days(day: u64, month: &str, year: u64) -> Option<u64> {
    let is_leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
    let lengths = [31, 28 + u64::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = MONTHS.as_bytes().chunks(3).position(|name| name == month.as_bytes())?;
    let is_one = (1..=lengths[month]).contains(&day);
    let past = year - 1;
    let before = past * 365 + past / 4 - past / 100 + past / 400 - DAYS_BEFORE_1970;
    is_one.then(|| before + lengths[..month].iter().sum::<u64>() + day - 1)
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}
