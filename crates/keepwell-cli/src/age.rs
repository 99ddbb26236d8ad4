//! Times as people read them: how long ago, how soon, and the moment itself.

use std::time::Duration;

use jiff::{SpanRelativeTo, Unit};
use keepwell_core::clock::Timestamp;
use keepwell_core::record::Expiration;

/// The moment in UTC, as RFC 3339 writes it.
pub(crate) fn moment(time: Timestamp) -> String {
    let time = i64::try_from(time.as_millis()).ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(|| "beyond the year 9999".to_owned(), |time| time.to_string())
}

/// How long ago, or how soon.
pub(crate) fn relative(time: Timestamp, now: Timestamp) -> String {
    match now.as_millis().checked_sub(time.as_millis()) {
        Some(past) => format!("{} ago", coarse(past)),
        None => format!("in {}", coarse(time.as_millis() - now.as_millis())),
    }
}

/// How long something lasts.
pub(crate) fn lasting(time: Duration) -> String {
    coarse(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// When a record expires.
pub(crate) fn expiry(expiration: Expiration, now: Timestamp) -> String {
    match expiration {
        Expiration::Never => "never".to_owned(),
        Expiration::At(at) => relative(at, now),
    }
}

/// A length of time such as `7d`, `36h` or `1w 2d`, with days of 24 hours.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a length of time, as in `7d`, `36h` or `90m`".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| expected())?;
    if span.get_months() != 0 || span.get_years() != 0 || span.is_negative() {
        return Err(expected());
    }
    let seconds = span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).map_err(|_| expected())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| expected())
}

/// The largest unit that it fills.
fn coarse(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| millis >= *unit).unwrap_or((1_000, "s"));
    format!("{}{name}", millis / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_unit_that_they_fill() {
        let now = Timestamp::from_millis(1_000_000_000);
        let told = [0, 59_999, 3_599_999, 7_200_000, 86_400_000 * 9]
            .map(|ago| relative(Timestamp::from_millis(now.as_millis() - ago), now));
        assert_eq!(told, ["0s ago", "59s ago", "59m ago", "2h ago", "9d ago"]);
        assert_eq!(relative(now.after(Duration::from_secs(61)), now), "in 1m");
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(moment(Timestamp::from_millis(1_767_225_600_001)), "2026-01-01T00:00:00.001Z");
        assert_eq!(moment(Timestamp::from_millis(u64::MAX)), "beyond the year 9999");
    }

    #[test]
    fn lengths_of_time_have_units() {
        let hours = |text: &str| parse_duration(text).ok().map(|time| time.as_secs() / 3600);
        assert_eq!(["7d", "36h", "1w 2d", "90m"].map(hours), [Some(168), Some(36), Some(216), Some(1)]);
        assert_eq!(["7", "", "-1d", "1mo", "soon"].map(hours), [None; 5]);
    }
}
