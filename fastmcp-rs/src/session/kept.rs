//! How much is kept for clients, in bytes: of one conversation, and of all of a server's together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is kept, and how much of it may be.
#[derive(Debug)]
pub(crate) struct KeptRoom {
    bytes: AtomicUsize,
    limit: usize,
    /// What this is a part of.
    all: Option<Arc<Self>>,
}

/// Bytes that are kept, until it is dropped.
#[derive(Debug)]
pub(crate) struct KeptBytes {
    of: Arc<KeptRoom>,
    bytes: usize,
}

impl KeptRoom {
    /// The whole that a server keeps.
    pub(crate) fn whole(limit: usize) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), limit, all: None })
    }

    /// What one conversation keeps, a part of the whole: at most an eighth.
    pub(crate) fn part(self: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), limit: self.limit / 8, all: Some(Arc::clone(self)) })
    }

    /// Keeps so many bytes more, if there is room.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<KeptBytes> {
        let kept = self.keep(bytes);
        // Given back at once if that was too much.
        Some(kept).filter(|_| !self.is_over())
    }

    /// Keeps so many bytes more, whether there is room or not: whoever does that makes room itself.
    pub(crate) fn keep(self: &Arc<Self>, bytes: usize) -> KeptBytes {
        let mut of = Some(self);
        while let Some(kept) = of {
            kept.bytes.fetch_add(bytes, Ordering::Relaxed);
            of = kept.all.as_ref();
        }
        KeptBytes { of: Arc::clone(self), bytes }
    }

    /// Whether so much could be kept here, whatever there is in all.
    #[cfg(feature = "http")]
    pub(crate) fn could_take(&self, bytes: usize) -> bool {
        self.bytes.load(Ordering::Relaxed) + bytes <= self.limit
    }

    /// How much is kept.
    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether more is kept than may be, here or in all.
    pub(crate) fn is_over(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > self.limit || self.all.as_ref().is_some_and(|all| all.is_over())
    }
}

impl KeptBytes {
    /// What is kept for two of one conversation, which go together.
    pub(crate) fn together(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(mut one), Some(mut other)) => {
                debug_assert!(Arc::ptr_eq(&one.of, &other.of), "of one conversation");
                one.bytes += std::mem::take(&mut other.bytes);
                Some(one)
            }
            (one, other) => one.or(other),
        }
    }
}

impl Drop for KeptBytes {
    fn drop(&mut self) {
        let mut of = Some(&self.of);
        while let Some(kept) = of {
            kept.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
            of = kept.all.as_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_of_the_whole_and_gives_all_back() {
        let whole = KeptRoom::whole(80);
        let (one, other) = (whole.part(), whole.part());
        let ten = one.take(10).expect("room");
        assert!(one.take(1).is_none(), "an eighth of the whole");
        let more: Vec<_> = std::iter::repeat_with(|| whole.part().take(10)).take(6).collect();
        assert!(more.iter().all(Option::is_some));
        let last = other.take(10).expect("the last of the room");
        assert!(whole.part().take(1).is_none() && whole.take(1).is_none());
        drop(ten);
        assert!(one.take(10).is_some() && one.take(10).is_some(), "given back as soon as it is dropped");
        drop((last, more));
        let both = KeptBytes::together(one.take(4), one.take(6));
        assert!(both.is_some() && one.take(1).is_none(), "one for both");
        drop(both);
        assert!(one.take(10).is_some());
        let forced = one.keep(1000);
        assert!(one.is_over() && whole.is_over() && other.take(1).is_none());
        drop(forced);
        assert!(other.take(10).is_some() && !whole.is_over());
    }
}
