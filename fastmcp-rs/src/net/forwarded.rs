//! Whose request it is where proxies stand in front: `Forwarded` (RFC 7239) and `X-Forwarded-For`.
//!
//! Every proxy adds on the right whom it got the request from, and whatever stands further to the left may have been written by
//! anybody. So both are read from right to left, for as long as a proxy that is trusted has written them, and no further.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Proxies that one request may come through.
const HOPS: usize = 64;

/// Whose word about where a request came from is taken; given to
/// [`Server::trusted_proxies`](crate::Server::trusted_proxies): a number of proxies, or the networks that they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    trust: Trust,
    problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Trust {
    /// So many proxies in a row, of which the connection comes from the last.
    Count(usize),
    Networks(Vec<Network>),
}

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    start: IpAddr,
    bits: u32,
}

impl Network {
    /// `10.0.0.0/8`, or an address alone.
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let start: IpAddr = address.parse().ok()?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
        };
        if bits > most {
            return None;
        }
        // `::ffff:10.0.0.0/104` is what IPv4 calls `10.0.0.0/8`.
        Some(match (start.to_canonical(), bits) {
            (mapped @ IpAddr::V4(_), 96..) => Self { start: mapped, bits: bits - 96 },
            _ => Self { start, bits },
        })
    }

    fn has(&self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let differing = one ^ other;
            self.bits == 0 || differing >> (width - self.bits) == 0
        };
        match (self.start, address.to_canonical()) {
            (IpAddr::V4(start), IpAddr::V4(address)) => same(u32::from(start).into(), u32::from(address).into(), 32),
            (IpAddr::V6(start), IpAddr::V6(address)) => same(start.into(), address.into(), 128),
            _ => false,
        }
    }
}

impl From<usize> for TrustedProxies {
    fn from(proxies: usize) -> Self {
        let problem = match proxies {
            0 => Some("trusts nobody: leave it out for that".to_owned()),
            1..=HOPS => None,
            _ => Some(format!("is more proxies than one request may come through, which is {HOPS}")),
        };
        Self { trust: Trust::Count(proxies), problem }
    }
}

impl From<i32> for TrustedProxies {
    fn from(proxies: i32) -> Self {
        usize::try_from(proxies).unwrap_or(0).into()
    }
}

impl<S: AsRef<str>, const N: usize> From<[S; N]> for TrustedProxies {
    fn from(networks: [S; N]) -> Self {
        Self::of(networks.iter().map(AsRef::as_ref))
    }
}

impl<S: AsRef<str>> From<&[S]> for TrustedProxies {
    fn from(networks: &[S]) -> Self {
        Self::of(networks.iter().map(AsRef::as_ref))
    }
}

impl<S: AsRef<str>> From<Vec<S>> for TrustedProxies {
    fn from(networks: Vec<S>) -> Self {
        networks.as_slice().into()
    }
}

impl TrustedProxies {
    fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut networks, mut problem) = (Vec::new(), None);
        for text in texts {
            match Network::parse(text.trim()) {
                Some(network) if network.bits > 0 => networks.push(network),
                Some(_) => {
                    let why = "trusts everybody, so that anybody can say that he is somebody else";
                    problem.get_or_insert_with(|| why.to_owned());
                }
                None => {
                    let why = format!("has {text:?}, which is no network: write for example \"10.0.0.0/8\" or \"::1\"");
                    problem.get_or_insert(why);
                }
            }
        }
        if networks.is_empty() {
            problem.get_or_insert_with(|| "trusts nobody: leave it out for that".to_owned());
        }
        Self { trust: Trust::Networks(networks), problem }
    }

    /// What keeps it from being used, if anything does.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Where a request came from, given where its connection did, and what `Forwarded` and `X-Forwarded-For` say. An error where
    /// what a trusted proxy should have written cannot be read, or where the two headers say different things: then one of
    /// them is the client's own, and nobody knows which.
    pub(crate) fn came_from<'h>(
        &self,
        socket: Option<IpAddr>,
        forwarded: impl DoubleEndedIterator<Item = &'h [u8]>,
        x_forwarded_for: impl DoubleEndedIterator<Item = &'h [u8]>,
    ) -> Result<Option<IpAddr>, &'static str> {
        let mut forwarded = from_the_right(forwarded).peekable();
        let mut addresses = from_the_right(x_forwarded_for).peekable();
        let both = forwarded.peek().is_some() && addresses.peek().is_some();
        if !both {
            return if forwarded.peek().is_some() {
                self.walk(socket, forwarded.map(element))
            } else {
                self.walk(socket, addresses.map(node))
            };
        }
        let address = self.walk(socket, forwarded.map(element))?;
        if address != self.walk(socket, addresses.map(node))? {
            return Err("`Forwarded` and `X-Forwarded-For` say different things");
        }
        Ok(address)
    }

    /// Goes from proxy to proxy, as far as they are trusted.
    fn walk(
        &self,
        socket: Option<IpAddr>,
        hops: impl Iterator<Item = Result<Hop, &'static str>>,
    ) -> Result<Option<IpAddr>, &'static str> {
        let mut nearest = socket.map(|socket| socket.to_canonical());
        for (passed, hop) in hops.enumerate() {
            let trusted = match &self.trust {
                Trust::Count(proxies) => passed < *proxies,
                Trust::Networks(networks) => {
                    nearest.is_some_and(|nearest| networks.iter().any(|network| network.has(nearest)))
                }
            };
            if !trusted {
                break;
            }
            if passed >= HOPS {
                return Err("the request came through too many proxies");
            }
            match hop? {
                Hop::Known(address) => nearest = Some(address.to_canonical()),
                // It came from somebody behind that proxy, and the proxy does not say whom.
                Hop::Hidden => break,
            }
        }
        Ok(nearest)
    }
}

/// Where a proxy got a request from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    Known(IpAddr),
    Hidden,
}

const UNREADABLE: &str =
    "`Forwarded` or `X-Forwarded-For` has what is no address where a proxy should have written one";

/// The elements of a header's lists, the last first.
fn from_the_right<'h>(values: impl DoubleEndedIterator<Item = &'h [u8]>) -> impl Iterator<Item = &'h [u8]> {
    let elements = values.rev().flat_map(|value| value.rsplit(|byte| *byte == b','));
    elements.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// An element of `Forwarded`: `for=192.0.2.60;proto=https`.
fn element(element: &[u8]) -> Result<Hop, &'static str> {
    let element = std::str::from_utf8(element).map_err(|_| UNREADABLE)?;
    let mut from = None;
    for pair in element.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(UNREADABLE)?;
        if name.eq_ignore_ascii_case("for") {
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.strip_suffix('"').ok_or(UNREADABLE)?,
                None => value,
            };
            if from.replace(value).is_some() {
                return Err(UNREADABLE);
            }
        }
    }
    from.map_or(Ok(Hop::Hidden), |from| node(from.as_bytes()))
}

/// An address as proxies write it: with or without a port, an IPv6 address with or without brackets; or that it is not told.
fn node(text: &[u8]) -> Result<Hop, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| UNREADABLE)?;
    if text.eq_ignore_ascii_case("unknown") || text.starts_with('_') {
        return Ok(Hop::Hidden);
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = if let Some(bare) = bare {
        bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        let alone = text.parse::<IpAddr>().ok();
        alone.or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
    };
    let address = address.or_else(|| hidden_port(text));
    address.map(Hop::Known).ok_or(UNREADABLE)
}

/// `192.0.2.60:_port`: RFC 7239 lets a proxy hide the port alone.
fn hidden_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.rsplit_once(':')?;
    if !port.starts_with('_') {
        return None;
    }
    match address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(
        trusted: impl Into<TrustedProxies>,
        socket: &str,
        forwarded: &[&str],
        x_forwarded_for: &[&str],
    ) -> Result<String, &'static str> {
        let trusted = trusted.into();
        assert_eq!(trusted.problem(), None);
        let address = trusted.came_from(
            socket.parse().ok(),
            forwarded.iter().map(|value| value.as_bytes()),
            x_forwarded_for.iter().map(|value| value.as_bytes()),
        );
        address.map(|address| address.map_or_else(|| "nobody".to_owned(), |address| address.to_string()))
    }

    #[test]
    fn a_number_of_proxies_counts_from_the_right() {
        for (proxies, x_forwarded_for, expected) in [
            (1, &["203.0.113.9"][..], "203.0.113.9"),
            (1, &["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
            (1, &["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
            (2, &["1.2.3.4, 203.0.113.9", "10.0.0.2"], "203.0.113.9"),
            (2, &["203.0.113.9"], "203.0.113.9"),
            (1, &[], "10.0.0.1"),
            (1, &["garbage, 203.0.113.9"], "203.0.113.9"),
            (1, &["1.2.3.4,,203.0.113.9 ,"], "203.0.113.9"),
        ] {
            assert_eq!(
                origin(proxies, "10.0.0.1", &[], x_forwarded_for).as_deref(),
                Ok(expected),
                "{x_forwarded_for:?}"
            );
        }
        assert_eq!(origin(1, "", &[], &["203.0.113.9"]).as_deref(), Ok("203.0.113.9"), "a socket without an address");
    }

    #[test]
    fn networks_are_left_at_the_first_address_that_is_in_none() {
        let networks = ["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7", "::ffff:172.16.0.0/108"];
        for (socket, x_forwarded_for, expected) in [
            ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
            ("10.1.2.3", "1.2.3.4, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
            ("10.1.2.3", "203.0.113.9, 192.0.2.7, 2001:db8:1::5", "203.0.113.9"),
            ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
            ("172.16.9.9", "203.0.113.9", "203.0.113.9"),
            ("172.32.9.9", "203.0.113.9", "172.32.9.9"),
            ("10.1.2.3", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
            // From elsewhere: whatever it says is its own.
            ("203.0.113.50", "1.2.3.4", "203.0.113.50"),
            ("192.0.2.8", "1.2.3.4", "192.0.2.8"),
            ("2001:db8:2::1", "1.2.3.4", "2001:db8:2::1"),
            ("", "1.2.3.4", "nobody"),
            ("203.0.113.50", "not an address", "203.0.113.50"),
        ] {
            let found = origin(networks, socket, &[], &[x_forwarded_for]);
            assert_eq!(found.as_deref(), Ok(expected), "{socket} {x_forwarded_for}");
        }
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, expected) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("unknown", "10.0.0.1"),
            ("_gateway", "10.0.0.1"),
        ] {
            assert_eq!(origin(1, "10.0.0.1", &[], &[text]).as_deref(), Ok(expected), "{text}");
            let forwarded = format!("for=1.2.3.4, by=_me;For=\"{text}\";proto=https");
            assert_eq!(origin(1, "10.0.0.1", &[&forwarded], &[]).as_deref(), Ok(expected), "{forwarded}");
        }
        for (forwarded, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("FOR=203.0.113.9:_x;host=a", "203.0.113.9"),
            ("for=\"[2001:db8::1]:_x\"", "2001:db8::1"),
            ("proto=https;by=10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(origin(1, "10.0.0.1", &[forwarded], &[]).as_deref(), Ok(expected), "{forwarded}");
        }
    }

    #[test]
    fn what_no_proxy_writes_is_refused() {
        for text in [
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "localhost",
            "203.0.113.9:99999",
            "203.0.113.9:x",
            "[2001:db8::1",
            "[203.0.113.9]",
            "fe80::1%eth0",
            "' or 1=1",
            "1.2.3.4 5.6.7.8",
            "\u{1f600}",
        ] {
            assert_eq!(origin(1, "10.0.0.1", &[], &[text]), Err(UNREADABLE), "{text}");
        }
        for forwarded in
            ["for=\"203.0.113.9", "for", "for=1.2.3.4;for=5.6.7.8", "203.0.113.9", "for=\"\"", "for=nobody"]
        {
            assert_eq!(origin(1, "10.0.0.1", &[forwarded], &[]), Err(UNREADABLE), "{forwarded}");
        }
        let invalid: &[&[u8]] = &[b"\xff\xfe"];
        let read = TrustedProxies::from(1).came_from(None, [].into_iter(), invalid.iter().copied());
        assert_eq!(read, Err(UNREADABLE));
        let long = vec!["10.0.0.2"; 10_000].join(",");
        assert!(origin(["10.0.0.0/8"], "10.0.0.1", &[], &[&long]).is_err());
        assert_eq!(origin(1, "10.0.0.1", &[], &[&long]).as_deref(), Ok("10.0.0.2"), "no more is read than is needed");
    }

    #[test]
    fn two_headers_that_say_different_things_are_refused() {
        let both = |forwarded: &str, x: &str| origin(1, "10.0.0.1", &[forwarded], &[x]);
        assert_eq!(both("for=203.0.113.9", "203.0.113.9").as_deref(), Ok("203.0.113.9"));
        assert_eq!(both("for=1.2.3.4, for=203.0.113.9", "203.0.113.9").as_deref(), Ok("203.0.113.9"));
        assert!(both("for=1.2.3.4", "203.0.113.9").is_err(), "a client may have written one of them");
        assert!(both("for=203.0.113.9", "1.2.3.4").is_err());
        let untrusted = origin(["10.0.0.0/8"], "203.0.113.50", &["for=1.2.3.4"], &["5.6.7.8"]);
        assert_eq!(untrusted.as_deref(), Ok("203.0.113.50"), "neither is read");
    }

    #[test]
    fn what_trusts_nobody_or_everybody_cannot_be_used() {
        for (trusted, why) in [
            (TrustedProxies::from(0), "trusts nobody"),
            (TrustedProxies::from(-1), "trusts nobody"),
            (TrustedProxies::from(65), "more proxies"),
            (TrustedProxies::from(Vec::<String>::new()), "trusts nobody"),
            (["0.0.0.0/0"].into(), "trusts everybody"),
            (["10.0.0.0/8", "::/0"].into(), "trusts everybody"),
            (["10.0.0.0/33"].into(), "no network"),
            (["10.0.0.0/+8"].into(), "no network"),
            (["10.0.0.0/"].into(), "no network"),
            (["proxy.example.com"].into(), "no network"),
            (["::1/129"].into(), "no network"),
        ] {
            assert!(trusted.problem().is_some_and(|problem| problem.contains(why)), "{trusted:?}");
        }
    }
}
