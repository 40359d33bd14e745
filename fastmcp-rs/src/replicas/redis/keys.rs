//! The names of our keys. What one script names has one tag, the part in braces by which a cluster finds the slot.

/// What all keys of a server begin with: `fastmcp:{greeter}`, and the same without the tag.
#[derive(Debug)]
pub(super) struct RedisKeys {
    tagged: String,
    untagged: String,
}

impl RedisKeys {
    pub(super) fn new(prefix: &str) -> Self {
        // The only tags are ours.
        let untagged = prefix.replace('{', "%7B").replace('}', "%7D");
        let (before, name) = untagged
            .rsplit_once(':')
            .map_or(("", untagged.as_str()), |(_, name)| untagged.split_at(untagged.len() - name.len()));
        // An empty tag is none.
        let tagged = format!("{before}{{{}}}", if name.is_empty() { "_" } else { name });
        Self { tagged, untagged }
    }

    pub(super) fn session(&self, id: &str) -> String {
        format!("{}:session:{id}", self.tagged)
    }

    /// Which sessions there are.
    pub(super) fn sessions(&self) -> String {
        format!("{}:sessions", self.tagged)
    }

    /// How many replicas there ever were.
    pub(super) fn replicas(&self) -> String {
        format!("{}:replicas", self.tagged)
    }

    pub(super) fn channel(&self) -> String {
        format!("{}:bus", self.tagged)
    }

    /// The events of a stream, and how it stands. They are by far the most, and those of one session need not be where others' are.
    pub(super) fn events(&self, session: &str, stream: u64) -> [String; 2] {
        let events = format!("{}:events:{{{session}}}:{stream}", self.untagged);
        let state = format!("{events}:state");
        [events, state]
    }

    /// A counter of calls. All that one call takes from are in one slot.
    pub(super) fn limit(&self, digest: &str) -> String {
        format!("{}:rl:{digest}", self.tagged)
    }

    /// Something that is taken once.
    pub(super) fn once(&self, what: &str) -> String {
        format!("{}:once:{what}", self.untagged)
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::slot;
    use super::*;

    #[test]
    fn what_one_script_names_is_in_one_slot() {
        for prefix in ["fastmcp:greeter", "fastmcp:", "", "fastmcp:a}b", "fastmcp:{", "fastmcp:a:{}:b", "x{a}:y{b}"] {
            let keys = RedisKeys::new(prefix);
            let one = slot(&keys.sessions());
            let [events, state] = keys.events("0123", 7);
            assert_eq!(slot(&events), slot(&state), "{prefix}");
            assert_eq!(slot(&events), slot("0123"), "{prefix}");
            for key in [
                keys.session("a"),
                keys.session("{b}"),
                keys.session(""),
                keys.replicas(),
                keys.channel(),
                keys.limit("a"),
            ] {
                assert_eq!(slot(&key), one, "{prefix}: {key}");
            }
            assert!(keys.once("a").starts_with(&prefix.replace('{', "%7B").replace('}', "%7D")));
        }
        assert_eq!(RedisKeys::new("fastmcp:greeter").sessions(), "fastmcp:{greeter}:sessions");
        assert_eq!(RedisKeys::new("fastmcp:a:b").events("s", 1)[1], "fastmcp:a:b:events:{s}:1:state");
    }
}
