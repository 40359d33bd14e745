//! The scripts that run inside Redis, each one step to everybody else.

use redis::Script;

pub(super) struct Scripts {
    pub create: Script,
    pub load: Script,
    pub update: Script,
    pub remove: Script,
    pub append: Script,
    pub read: Script,
    pub take: Script,
}

/// The time in milliseconds, by the one clock that all replicas share.
const NOW: &str = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n";

/// A session, and its place among the sessions in the order of when they expire.
const CREATE: &str = "
    local limit, idle = tonumber(ARGV[2]), tonumber(ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    local excess = redis.call('ZCARD', KEYS[2]) - limit + 1
    if excess > 0 then
        for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
            redis.call('DEL', ARGV[4] .. id)
            redis.call('ZREM', KEYS[2], id)
        end
    end
    redis.call('HSET', KEYS[1], 'version', 1, ARGV[5], ARGV[6])
    redis.call('PEXPIRE', KEYS[1], idle)
    redis.call('ZADD', KEYS[2], now + idle, ARGV[1])
    redis.call('PEXPIRE', KEYS[2], idle)";

/// Nil: gone. Empty: unchanged. Otherwise all fields.
const LOAD: &str = "
    local version = redis.call('HGET', KEYS[1], 'version')
    if not version then return false end
    local idle = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], idle)
    redis.call('ZADD', KEYS[2], now + idle, ARGV[1])
    redis.call('PEXPIRE', KEYS[2], idle)
    if version == ARGV[3] then return {} end
    return redis.call('HGETALL', KEYS[1])";

const UPDATE: &str = "
    if redis.call('EXISTS', KEYS[1]) == 0 then return end
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    for i = 1, #ARGV, 3 do
        if ARGV[i + 1] == '1' then
            redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
        else
            redis.call('HDEL', KEYS[1], ARGV[i])
        end
    end";

const REMOVE: &str = "
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], ARGV[1])";

/// An event that is there already is refused by its id, and counts once.
const APPEND: &str = "
    local most, most_bytes, age = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local bytes = tonumber(redis.call('HGET', KEYS[2], 'bytes') or '0')
    for i = 6, #ARGV, 2 do
        local added = redis.pcall('XADD', KEYS[1], '0-' .. ARGV[i], 'd', ARGV[i + 1])
        if type(added) ~= 'table' then bytes = bytes + #ARGV[i + 1] end
    end
    local length = redis.call('XLEN', KEYS[1])
    while length > most or (bytes > most_bytes and length > 1) do
        local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
        bytes = bytes - #first[2][2]
        redis.call('XDEL', KEYS[1], first[1])
        length = length - 1
    end
    redis.call('HSET', KEYS[2], 'bytes', bytes, 'done', ARGV[4], 'closed', ARGV[5])
    redis.call('PEXPIRE', KEYS[1], age)
    redis.call('PEXPIRE', KEYS[2], age)";

const READ: &str = "
    local state = redis.call('HMGET', KEYS[2], 'done', 'closed')
    if not state[1] then return false end
    return {tonumber(state[1]), tonumber(state[2]), redis.call('XRANGE', KEYS[1], '0-' .. ARGV[1], '+', 'COUNT', ARGV[2])}";

/// Nil if it is there already.
const TAKE: &str = "
    return redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1])";

impl Scripts {
    pub(super) fn new() -> Self {
        let timed = |script: &str| Script::new(&format!("{NOW}{script}"));
        Self {
            create: timed(CREATE),
            load: timed(LOAD),
            update: Script::new(UPDATE),
            remove: Script::new(REMOVE),
            append: Script::new(APPEND),
            read: Script::new(READ),
            take: Script::new(TAKE),
        }
    }
}
