//! What stands in `rate_limit = ".."` and `timeout = ".."`: what is read has a size, and means the same when it is written plainly.

use std::time::Duration;

#[path = "../../../fastmcp-rs-macros/src/parse/time.rs"]
#[allow(dead_code, reason = "the macros also write durations as tokens")]
mod time;

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok((calls, per)) = time::rate(text) {
        assert!(calls > 0);
        let unit = match per.as_secs() {
            1 => 's',
            60 => 'm',
            3_600 => 'h',
            86_400 => 'd',
            other => panic!("{text}: {other} seconds are no unit"),
        };
        assert_eq!(time::rate(&format!("{calls}/{unit}")), Ok((calls, per)), "{text}");
    }
    if let Ok(duration) = time::duration(text) {
        assert!(duration > Duration::ZERO);
        assert_eq!(time::duration(&format!("{}ms", duration.as_millis())), Ok(duration), "{text}");
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        let of = |unit: u128| digits.parse::<u128>().unwrap() * unit;
        assert!([1, 1_000, 60_000, 3_600_000].map(of).contains(&duration.as_millis()), "{text}");
    }
}
