//! How far a URL is from the page that asks for it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The ports that browsers connect to for nobody, since other protocols are spoken there (the Fetch
/// standard, port blocking).
#[rustfmt::skip]
const BLOCKED_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// How far a URL is from the page that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// A port that browsers send nothing to.
    BlockedPort,
    /// Another origin: CORS hides header fields and asks leave for others.
    CrossOrigin,
    /// http from an https page: browsers send nothing there, unless a policy of the page makes https of it.
    MixedContent,
    /// The page's own origin, or no CORS at all (Node.js).
    SameOrigin,
}

impl Reach {
    /// The reach from a page to a URL, by their origins; no page stands for a host without CORS.
    ///
    /// A host that is this machine is never mixed content: what is sent there crosses no network.
    #[must_use]
    pub fn between(page: Option<&str>, remote: &str) -> Self {
        match (page, remote.strip_prefix("http://")) {
            (None, _) => Self::SameOrigin,
            (Some(page), _) if page == remote => Self::SameOrigin,
            (Some(_), _) if port(remote).is_some_and(|port| BLOCKED_PORTS.contains(&port)) => {
                Self::BlockedPort
            }
            (Some(page), Some(authority)) if page.starts_with("https://") => {
                if is_loopback(authority) { Self::CrossOrigin } else { Self::MixedContent }
            }
            (Some(_), _) => Self::CrossOrigin,
        }
    }
}

/// The port at the end, if there is one: a colon stands before it, and within IPv6 addresses.
fn port(authority: &str) -> Option<u16> {
    authority.rsplit_once(':')?.1.parse().ok()
}

/// Whether `host` or `host:port` is this machine (the Secure Contexts standard, §3.1).
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || v6
            .and_then(|host| host.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.is_loopback())
}
