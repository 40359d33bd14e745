//! The scripts that run inside Redis, each one step to everybody else.

use redis::{Cmd, Script, ToRedisArgs, cmd};

use super::limiter::COUNT;

pub(super) struct Scripts {
    pub create: SharedScript,
    pub load: SharedScript,
    pub update: SharedScript,
    pub remove: SharedScript,
    pub append: SharedScript,
    pub read: SharedScript,
    pub take: SharedScript,
    pub count: SharedScript,
}

/// A script, and the digest by which a server knows it that has seen it.
pub(super) struct SharedScript {
    code: String,
    digest: String,
}

/// A script with its keys, all of one slot, and its arguments.
pub(super) struct ScriptCall<'a> {
    script: &'a SharedScript,
    keys: Vec<String>,
    args: Vec<Vec<u8>>,
}

/// SHA-1 in hexadecimal digits, by which Redis names scripts.
pub(super) fn digest(text: &str) -> String {
    Script::new(text).get_hash().to_owned()
}

impl SharedScript {
    pub(super) fn new(code: impl Into<String>) -> Self {
        let code = code.into();
        Self { digest: digest(&code), code }
    }

    pub(super) fn on(&self, keys: impl Into<Vec<String>>) -> ScriptCall<'_> {
        ScriptCall { script: self, keys: keys.into(), args: Vec::new() }
    }
}

impl ScriptCall<'_> {
    pub(super) fn arg(&mut self, arg: impl ToRedisArgs) -> &mut Self {
        arg.write_redis_args(&mut self.args);
        self
    }

    /// The key by which its server is found.
    pub(super) fn first_key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    pub(super) fn by_digest(&self) -> Cmd {
        self.command("EVALSHA", &self.script.digest)
    }

    /// By this the server gets to know it, too.
    pub(super) fn whole(&self) -> Cmd {
        self.command("EVAL", &self.script.code)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.args);
        command
    }
}

/// The time in milliseconds, by the one clock that all replicas share.
const NOW: &str = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n";

/// A session, and its place among the sessions in the order of when they expire.
const CREATE: &str = "
    local limit, idle = tonumber(ARGV[2]), tonumber(ARGV[3])
    -- First, since a script that has written may go on writing where there is no memory left.
    redis.call('HSET', KEYS[1], 'version', 1, ARGV[5], ARGV[6])
    redis.call('PEXPIRE', KEYS[1], idle)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    local excess = redis.call('ZCARD', KEYS[2]) - limit + 1
    if excess > 0 then
        for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
            -- Of the same slot. While that moves, the key may be elsewhere, where it goes when it is idle.
            redis.pcall('DEL', ARGV[4] .. id)
            redis.call('ZREM', KEYS[2], id)
        end
    end
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
        if type(added) ~= 'table' then
            bytes = bytes + #ARGV[i + 1]
        elseif not string.find(added.err, 'equal or smaller', 1, true) then
            return added
        end
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
        let timed = |code: &str| SharedScript::new(format!("{NOW}{code}"));
        Self {
            create: timed(CREATE),
            load: timed(LOAD),
            update: SharedScript::new(UPDATE),
            remove: SharedScript::new(REMOVE),
            append: SharedScript::new(APPEND),
            read: SharedScript::new(READ),
            take: SharedScript::new(TAKE),
            count: SharedScript::new(COUNT),
        }
    }
}
