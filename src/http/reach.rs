//! How far a URL is from the page that asks for it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// How far a URL is from the page that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
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
            (Some(page), Some(authority)) if page.starts_with("https://") => {
                if is_loopback(authority) { Self::CrossOrigin } else { Self::MixedContent }
            }
            (Some(_), _) => Self::CrossOrigin,
        }
    }
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
