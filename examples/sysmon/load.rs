//! How busy the machine is, from `/proc`.

use std::fs;

use fastmcp_rs::prelude::*;

/// The load on the machine.
#[model]
#[derive(Debug, PartialEq)]
pub(crate) struct SystemLoad {
    /// Tasks running or waiting, averaged over a minute. All processors are busy when it reaches `processors`.
    pub(crate) one_minute: f64,
    /// The same over five minutes.
    pub(crate) five_minutes: f64,
    /// The same over fifteen minutes.
    pub(crate) fifteen_minutes: f64,
    /// How many processors this server may use.
    pub(crate) processors: usize,
    pub(crate) memory_total_bytes: u64,
    /// What programs can still get without swapping.
    pub(crate) memory_available_bytes: u64,
    pub(crate) uptime_seconds: f64,
}

pub(crate) fn now() -> Result<SystemLoad, ToolError> {
    let read = |path: &str| {
        fs::read_to_string(path).map_err(|error| {
            ToolError::unavailable(format!("{path} cannot be read ({error}); this example needs Linux"))
        })
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    parse(&read("/proc/loadavg")?, &read("/proc/meminfo")?, &read("/proc/uptime")?, processors)
        .ok_or_else(|| ToolError::unavailable("/proc does not look like Linux's"))
}

fn parse(loadavg: &str, meminfo: &str, uptime: &str, processors: usize) -> Option<SystemLoad> {
    let mut averages = loadavg.split_whitespace().map(str::parse);
    let mut average = || averages.next()?.ok();
    // `MemTotal:       16323492 kB`
    let memory = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(SystemLoad {
        one_minute: average()?,
        five_minutes: average()?,
        fifteen_minutes: average()?,
        processors,
        memory_total_bytes: memory("MemTotal")?,
        memory_available_bytes: memory("MemAvailable")?,
        uptime_seconds: uptime.split_whitespace().next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       16323492 kB\nMemFree:  1 kB\nMemAvailable:    8000000 kB\n";

    #[test]
    fn proc_is_understood() {
        let load = parse("0.50 1.25 2.00 3/615 12345\n", MEMINFO, "350735.47 234388.90\n", 8);
        let expected = SystemLoad {
            one_minute: 0.5,
            five_minutes: 1.25,
            fifteen_minutes: 2.0,
            processors: 8,
            memory_total_bytes: 16_323_492 * 1024,
            memory_available_bytes: 8_000_000 * 1024,
            uptime_seconds: 350_735.47,
        };
        assert_eq!(load, Some(expected));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(parse("", MEMINFO, "1 1", 1), None);
        assert_eq!(parse("0 0 0", "MemTotal: many kB", "1 1", 1), None);
        assert_eq!(parse("0 0 0", MEMINFO, "", 1), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory() {
        let load = now().expect("Linux has /proc");
        assert!(load.memory_total_bytes >= load.memory_available_bytes && load.uptime_seconds > 0.0, "{load:?}");
    }
}
