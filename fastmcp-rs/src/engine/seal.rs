//! `requestState`: what a handler must remember between rounds travels through the client, sealed with AES-256-GCM.
//!
//! The seal binds it to the caller, the tool (or prompt, or resource) and its arguments, and to a time; the key's number
//! comes first so that keys can be rotated. A client can neither read it nor change it (basic/patterns/mrtr, security).

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::bound::Binding;
use super::core::Core;
use crate::bounds;
use crate::context::interaction::{Earlier, StateId};
use crate::future::BoxFuture;
use crate::protocol::RpcError;
use crate::text::sanitize::bounded;

/// The longest state that is looked at, in bytes of its text.
const LONGEST: usize = 256 * 1024;
const VERSION: u8 = 2;

/// The keys that seal, the current one first.
pub(crate) struct Sealer {
    keys: Vec<(u8, LessSafeKey)>,
    lifetime: Duration,
    random: SystemRandom,
}

/// A sealer that is made when it is first needed: most servers never ask anybody, and making one takes randomness and a look at
/// what the processor can do.
pub(crate) type LazySealer = LazyLock<Option<Sealer>, Box<dyn FnOnce() -> Option<Sealer> + Send>>;

/// Why a state was not accepted. One word for the log; the client is told nothing of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unsealed {
    TooLong,
    Malformed,
    UnknownKey,
    Forged,
    Expired,
}

impl Sealer {
    /// The same as [`new`](Self::new), later.
    pub(crate) fn lazy(keys: Vec<[u8; 32]>, lifetime: Duration) -> LazySealer {
        LazyLock::new(Box::new(move || Self::new(&keys, lifetime)))
    }

    /// Keys from configuration, the current one first, so that replicas and restarts can open each other's seals.
    fn new(keys: &[[u8; 32]], lifetime: Duration) -> Option<Self> {
        let random = SystemRandom::new();
        let mut keys = keys.to_vec();
        if keys.is_empty() {
            let mut key = [0; 32];
            random.fill(&mut key).ok()?;
            keys.push(key);
        }
        let keys = keys
            .iter()
            .map(|key| Some((number(key), LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))))
            .collect::<Option<_>>()?;
        Some(Self { keys, lifetime, random })
    }

    /// Seals; `bound` is everything that must be the same when it comes back.
    pub(crate) fn seal(&self, earlier: &Earlier, bound: &[u8]) -> Option<String> {
        let lifetime = u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX);
        self.seal_until(earlier, bound, now().saturating_add(lifetime))
    }

    fn seal_until(&self, earlier: &Earlier, bound: &[u8], expires: u64) -> Option<String> {
        let (number, key) = self.keys.first()?;
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut sealed = expires.to_be_bytes().to_vec();
        serde_json::to_writer(&mut sealed, earlier).ok()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut sealed).ok()?;
        let mut out = vec![VERSION, *number];
        out.extend_from_slice(&nonce);
        out.append(&mut sealed);
        let text = URL_SAFE_NO_PAD.encode(out);
        // What would not be opened again is not given out.
        (text.len() <= LONGEST).then_some(text)
    }

    /// Opens what [`seal`](Self::seal) sealed.
    pub(crate) fn open(&self, text: &str, bound: &[u8]) -> Result<Earlier, Unsealed> {
        if text.len() > LONGEST {
            return Err(Unsealed::TooLong);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unsealed::Malformed)?;
        let (&[VERSION, number], rest) = bytes.split_first_chunk().ok_or(Unsealed::Malformed)? else {
            return Err(Unsealed::Malformed);
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Unsealed::Malformed)?;
        let mut known = self.keys.iter().filter(|(own, _)| *own == number).peekable();
        if known.peek().is_none() {
            return Err(Unsealed::UnknownKey);
        }
        for (_, key) in known {
            let mut sealed = sealed.to_vec();
            let Ok(plain) = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound), &mut sealed)
            else {
                continue;
            };
            let (expires, json) = plain.split_first_chunk().ok_or(Unsealed::Malformed)?;
            if u64::from_be_bytes(*expires) < now() {
                return Err(Unsealed::Expired);
            }
            let earlier: Earlier = serde_json::from_slice(json).map_err(|_| Unsealed::Malformed)?;
            return Ok(Earlier {
                id: Some(StateId { expires: u64::from_be_bytes(*expires), nonce: *nonce }),
                ..earlier
            });
        }
        Err(Unsealed::Forged)
    }
}

/// A key's number, from the key itself: configuration needs no numbering. Two keys may share one; both are tried.
fn number(key: &[u8; 32]) -> u8 {
    ring::digest::digest(&ring::digest::SHA256, key).as_ref()[0]
}

/// Milliseconds by the clock of the machine.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Core {
    pub(crate) fn seal(&self, earlier: &Earlier, bound: &Binding) -> Result<String, &'static str> {
        self.sealer
            .as_ref()
            .and_then(|sealer| sealer.seal(earlier, &bound.bytes(&self.info.name)))
            .ok_or("the state of the handler could not be sealed: it may be too large")
    }

    /// Opens the state that a client brought back.
    pub(crate) fn unseal(&self, state: &str, bound: &Binding) -> Result<Earlier, RpcError> {
        let opened = self.sealer.as_ref().map(|sealer| sealer.open(state, &bound.bytes(&self.info.name)));
        match opened {
            Some(Ok(earlier)) => Ok(earlier),
            refused => {
                let why = refused.and_then(Result::err);
                tracing::warn!(?why, name = %bounded(&bound.name, bounds::ECHO), "a request state was refused");
                Err(RpcError::invalid_params(
                    "`requestState` is not one that this server gave out for this request, or it has expired",
                ))
            }
        }
    }

    /// Takes the state that came with a request, here and at every replica, so that nobody can use it a second time.
    pub(crate) fn admission(self: &Arc<Self>, state: StateId) -> BoxFuture<'static, Result<(), RpcError>> {
        let core = Arc::clone(self);
        Box::pin(async move {
            let used =
                || RpcError::invalid_params("this `requestState` was used before: send the request anew, without it");
            let now = now();
            if !core.used_states.take(state, now) {
                return Err(used());
            }
            #[cfg(feature = "http")]
            if let Some(shared) = core.shared_use() {
                let left = Duration::from_millis(state.expires.saturating_sub(now).saturating_add(1000));
                match shared(state.key(), left).await {
                    Ok(true) => {}
                    Ok(false) => return Err(used()),
                    // Who cannot say that it was not used must not let it through.
                    Err(()) => {
                        return Err(RpcError::internal("whether the `requestState` was used cannot be told now"));
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier() -> Earlier {
        Earlier { state: Some("step 2".to_owned()), ..Earlier::default() }
    }

    fn sealer(keys: &[[u8; 32]]) -> Sealer {
        Sealer::new(keys, Duration::from_secs(60)).expect("keys of the right length")
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_call_only() {
        let sealer = sealer(&[]);
        let sealed = sealer.seal(&earlier(), b"ada|order|{}").expect("sealed");
        assert_eq!(sealer.open(&sealed, b"ada|order|{}").expect("opened").state.as_deref(), Some("step 2"));
        assert_eq!(sealer.open(&sealed, b"bob|order|{}").err(), Some(Unsealed::Forged));
    }

    #[test]
    fn a_changed_state_does_not_open() {
        let sealer = sealer(&[]);
        let sealed = sealer.seal(&earlier(), b"x").expect("sealed");
        assert!(sealer.open(&format!("{sealed}-TAMPERED"), b"x").is_err());
        let (head, tail) = sealed.split_at(30);
        let other = if tail.starts_with('A') { "B" } else { "A" };
        assert_eq!(sealer.open(&format!("{head}{other}{}", &tail[1..]), b"x").err(), Some(Unsealed::Forged));
        assert_eq!(sealer.open("", b"x").err(), Some(Unsealed::Malformed));
        assert_eq!(sealer.open(&"A".repeat(LONGEST + 1), b"x").err(), Some(Unsealed::TooLong));
    }

    #[test]
    fn an_old_key_opens_after_a_new_one_came() {
        let sealed = sealer(&[[1; 32]]).seal(&earlier(), b"x").expect("sealed");
        assert!(sealer(&[[2; 32], [1; 32]]).open(&sealed, b"x").is_ok());
        assert_eq!(sealer(&[[2; 32]]).open(&sealed, b"x").err(), Some(Unsealed::UnknownKey));
    }

    #[test]
    fn an_expired_state_does_not_open() {
        // Sealed by a clock that is an hour behind, so that nothing here has to wait.
        let sealer = sealer(&[]);
        let sealed = sealer.seal_until(&earlier(), b"x", now() - 3_600_000).expect("sealed");
        assert_eq!(sealer.open(&sealed, b"x").err(), Some(Unsealed::Expired));
    }
}
