//! Which key is whose in a cluster: a key's slot, and who has the slots (Redis Cluster Specification, "Key distribution model").

use redis::Value;

use super::address::RedisAddress;

/// How many slots there are.
const SLOTS: u16 = 16384;

/// The slot of a key: of what stands between its first `{` and the `}` after that, if anything does.
pub(super) fn slot(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    crc16(tag.filter(|tag| !tag.is_empty()).unwrap_or(key).as_bytes()) % SLOTS
}

/// CRC16-CCITT (XMODEM).
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc: u16, byte| {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        }
        crc
    })
}

/// Who has which slots.
#[derive(Debug, Default)]
pub(super) struct SlotMap(Vec<(u16, u16, RedisAddress)>);

impl SlotMap {
    /// All are one server's.
    pub(super) fn of_one(address: RedisAddress) -> Self {
        Self(vec![(0, SLOTS - 1, address)])
    }

    /// From the answer to `CLUSTER SLOTS` of the server at `asked`.
    pub(super) fn read(answer: &Value, asked: &RedisAddress) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let mut all = Vec::with_capacity(ranges.len());
        for range in ranges {
            let Value::Array(range) = range else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = range.as_slice() else {
                return None;
            };
            let [host, Value::Int(port), ..] = primary.as_slice() else { return None };
            let host = match (host, asked) {
                (Value::BulkString(host), _) if !host.is_empty() && host != b"?" => {
                    String::from_utf8(host.clone()).ok()?
                }
                (Value::SimpleString(host), _) if !host.is_empty() && host != "?" => host.clone(),
                // It does not know by which name it is reached, and that is the one by which it was.
                (_, RedisAddress::Tcp { host, .. }) => host.clone(),
                (_, RedisAddress::Unix(_)) => return None,
            };
            let address = RedisAddress::Tcp { host, port: u16::try_from(*port).ok()? };
            all.push((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, address));
        }
        Some(Self(all)).filter(|map| !map.0.is_empty())
    }

    /// Who has a slot.
    pub(super) fn owner(&self, slot: u16) -> Option<&RedisAddress> {
        // The last word: whoever a single slot moved to stands after the range that it was in.
        self.0.iter().rev().find(|(first, last, _)| (first..=last).contains(&&slot)).map(|(_, _, address)| address)
    }

    /// A slot has moved.
    pub(super) fn moved(&mut self, slot: u16, to: RedisAddress) {
        self.0.retain(|(first, last, _)| !(first == last && *first == slot));
        self.0.push((slot, slot, to));
    }

    /// Everybody who has any.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &RedisAddress> {
        self.0.iter().map(|(_, _, address)| address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_that_of_the_tag() {
        // The specification's own, and what `CLUSTER KEYSLOT` says.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12182);
        assert_eq!(slot("{user1000}.following"), slot("user1000"));
        assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
        assert_eq!(slot("foo{bar}{zap}"), slot("bar"));
        assert_eq!(slot("foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot("foo{bar"), crc16(b"foo{bar") % SLOTS);
    }

    #[test]
    fn nodes_are_found_by_their_slots() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let node = |host: Value, port| Value::Array(vec![host, Value::Int(port), text("id")]);
        let answer = Value::Array(vec![
            Value::Array(vec![Value::Int(0), Value::Int(8191), node(text("a"), 1), node(text("replica"), 9)]),
            Value::Array(vec![Value::Int(8192), Value::Int(16383), node(Value::Nil, 2)]),
        ]);
        let at = |host: &str, port| RedisAddress::Tcp { host: host.to_owned(), port };
        let mut map = SlotMap::read(&answer, &at("asked", 7)).expect("a map");
        assert_eq!((map.owner(0), map.owner(8191)), (Some(&at("a", 1)), Some(&at("a", 1))));
        assert_eq!((map.owner(8192), map.owner(16383)), (Some(&at("asked", 2)), Some(&at("asked", 2))));
        for _ in 0..2 {
            map.moved(7, at("b", 3));
        }
        assert_eq!((map.owner(7), map.owner(8), map.addresses().count()), (Some(&at("b", 3)), Some(&at("a", 1)), 3));
        for wrong in [Value::Nil, Value::Array(vec![]), Value::Array(vec![Value::Nil]), Value::Okay] {
            assert!(SlotMap::read(&wrong, &at("a", 1)).is_none(), "{wrong:?}");
        }
    }
}
