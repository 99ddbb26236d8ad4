//! The file system's clock: how fine its times are, and how far they are from this machine's.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use super::ClockOffset;
use super::area::Area;
use crate::clock::{Clock, Timestamp};

/// How many times a file's time is seen to change.
const CHANGES: usize = 2;
/// How long to wait for that: the coarsest file systems count in two seconds.
const LONGEST: Duration = Duration::from_millis(4_500);
const PAUSE: Duration = Duration::from_micros(200);

/// The shortest time between two writes that a file's time told apart; `None` if it told none apart in a few seconds.
pub(super) fn resolution(area: &Area<'_>, clock: &dyn Clock) -> io::Result<Option<Duration>> {
    let (_, mut file) = area.file(b"x")?;
    let start = clock.monotonic();
    let mut seen = vec![area.calls().modified(&file)?];
    while seen.len() <= CHANGES && clock.monotonic().saturating_sub(start) < LONGEST {
        clock.sleep(PAUSE);
        let modified = touch(area, &mut file)?;
        if seen.last() != Some(&modified) {
            seen.push(modified);
        }
    }
    // The file was made at some time between two ticks: the first step is too short.
    let steps = seen.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).unsigned_abs()).skip(1);
    Ok(steps.min().map(|step| Duration::from_nanos(u64::try_from(step).unwrap_or(u64::MAX))))
}

/// How far the file system's clock is from this machine's.
pub(super) fn offset(area: &Area<'_>, clock: &dyn Clock) -> io::Result<ClockOffset> {
    let before = clock.now();
    let (_, mut file) = area.file(b"x")?;
    let written = touch(area, &mut file)?;
    Ok(ClockOffset::between(before, written, clock.now()))
}

fn touch(area: &Area<'_>, file: &mut File) -> io::Result<i128> {
    file.write_all(b"x")?;
    area.calls().modified(file)
}

impl ClockOffset {
    /// The offset of a clock that said `written` (nanoseconds since the epoch) at some time from `before` to `after`.
    fn between(before: Timestamp, written: i128, after: Timestamp) -> Self {
        let written = i64::try_from(written.div_euclid(1_000_000)).unwrap_or(i64::MAX);
        let [before, after] = [before, after].map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        let milliseconds = if written < before {
            written.saturating_sub(before)
        } else if written > after {
            written.saturating_sub(after)
        } else {
            0
        };
        Self { milliseconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_what_lies_outside_the_time_of_asking() {
        let between = |written: i128| {
            let [before, after] = [1_000, 1_010].map(Timestamp::from_millis);
            ClockOffset::between(before, written * 1_000_000, after).milliseconds
        };
        assert_eq!([900, 1_000, 1_005, 1_010, 3_010].map(between), [-100, 0, 0, 0, 2_000]);
    }
}
