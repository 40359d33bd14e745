//! Calls counted for all replicas, by the clock of Redis. The formula is that of `limits/rate`, in Lua.

use std::time::Duration;

use super::scripts::digest;
use super::{RedisStore, read_value};
use crate::session::store::{LimitCounter, LimitStore, StoreError, StoreFuture};

/// Each counter is a time in microseconds; see [`LimitStore::count`]. One that is too far ahead is from before the clock was set back.
pub(super) const COUNT: &str = "
    local t = redis.call('TIME')
    local now = t[1] * 1000000 + t[2]
    local arrivals, worst, which = {}, 0, 0
    for i = 1, #KEYS do
        local interval, ahead = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i - 1]) * tonumber(ARGV[2 * i])
        local arrival = math.min(math.max(tonumber(redis.call('GET', KEYS[i]) or 0), now), now + ahead) + interval
        local wait = arrival - ahead - now
        if wait > worst then worst, which = wait, i end
        arrivals[i] = arrival
    end
    if worst > 0 then return {which, worst} end
    for i = 1, #KEYS do
        local life = math.ceil((arrivals[i] - now) / 1000) + 1
        redis.call('SET', KEYS[i], string.format('%.0f', arrivals[i]), 'PX', string.format('%.0f', life))
    end
    return {0, 0}";

impl LimitStore for RedisStore {
    fn count<'a>(&'a self, counters: &'a [LimitCounter]) -> StoreFuture<'a, Option<(usize, Duration)>> {
        Box::pin(async move {
            // A name may be long, and says who the caller is.
            let keys: Vec<_> = counters.iter().map(|counter| self.0.keys.limit(&digest(&counter.name))).collect();
            let mut call = self.0.scripts.count.on(keys);
            for counter in counters {
                call.arg(u64::try_from(counter.interval.as_micros()).unwrap_or(u64::MAX)).arg(counter.burst);
            }
            let (which, wait): (usize, u64) = read_value(self.0.link.count(&call).await.map_err(StoreError::new)?)?;
            Ok(which.checked_sub(1).map(|which| (which, Duration::from_micros(wait))))
        })
    }
}
