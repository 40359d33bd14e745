//! `Forwarded` and `X-Forwarded-For`, a line for each header: the first is `f` or `x` and its value. They say nothing of a request
//! that comes from no trusted proxy, and whatever stands before what a trusted proxy has written changes nothing.

use std::net::{IpAddr, Ipv4Addr};

use fastmcp_rs::__bench::came_from;

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

pub fn check(bytes: &[u8]) {
    let of = |kind: u8| -> Vec<&[u8]> {
        bytes
            .split(|byte| *byte == b'\n')
            .take(16)
            .filter(|line| line.first() == Some(&kind))
            .map(|line| &line[1..])
            .collect()
    };
    let (forwarded, x_forwarded_for) = (of(b'f'), of(b'x'));
    assert_eq!(came_from(STRANGER, &forwarded, &x_forwarded_for), Ok(Some(STRANGER)), "nobody believes a stranger");
    assert_eq!(came_from(PROXY, &[], &[]), Ok(Some(PROXY)));
    for (forwarded, x_forwarded_for) in [(&*forwarded, &[][..]), (&[], &*x_forwarded_for)] {
        let Ok(Some(address)) = came_from(PROXY, forwarded, x_forwarded_for) else { continue };
        // Whoever is not a proxy is the end of the way: what stands further to the left is a client's own.
        let proxy = matches!(address, IpAddr::V4(address) if address.octets()[0] == 10);
        if !proxy {
            let forged: &[u8] = if x_forwarded_for.is_empty() { b"for=198.51.100.7" } else { b"198.51.100.7" };
            let (one, two) = (after(forged, forwarded), after(forged, x_forwarded_for));
            assert_eq!(came_from(PROXY, &one, &two), Ok(Some(address)), "believed a client about itself");
        }
    }
}

/// What was written before, and then the rest, if there is any.
fn after<'a>(first: &'a [u8], rest: &[&'a [u8]]) -> Vec<&'a [u8]> {
    if rest.is_empty() { Vec::new() } else { [&[first], rest].concat() }
}
