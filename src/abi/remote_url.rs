//! The URL a file is fetched from.

use super::QmgrError;
use super::quoted::Quoted;
use super::text::check_length;
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::rc::Rc;

/// The longest URL, in UTF-16 code units (spec §2.10).
pub const REMOTE_URL_LIMIT: usize = 2_200;

/// An absolute http or https URL, as spelt by the caller: nothing is escaped or normalised
/// (rulings A21, A23, A33).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Rc<str>", into = "Rc<str>")]
pub struct RemoteUrl {
    text: Rc<str>,
    origin: Rc<str>,
}

impl RemoteUrl {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// `E_INVALIDARG` for anything but an absolute http or https URL of at most
    /// [`REMOTE_URL_LIMIT`] units in RFC 3986's own characters; for an empty host and for one in
    /// percent-encoding; for a port that no server can have; for user information; for a `*` in the
    /// path.
    pub fn parse(text: &str) -> Result<Self, QmgrError> {
        Self::try_from(Rc::from(text))
    }

    /// Reads a URL that is not stored, and may be longer.
    ///
    /// # Errors
    ///
    /// `E_INVALIDARG`, as [`RemoteUrl::parse`] does, but not for its length.
    pub fn of_any_length(text: &str) -> Result<Self, QmgrError> {
        Self::of(text.into())
    }

    fn of(text: Rc<str>) -> Result<Self, QmgrError> {
        let origin = read(&text).map_err(|fault| {
            QmgrError::invalid_argument(format!("URL {} {fault}", Quoted(&text)))
        })?;
        Ok(Self { text, origin: origin.into() })
    }

    /// The URL as spelt.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same, shared.
    #[must_use]
    pub fn text(&self) -> Rc<str> {
        Rc::clone(&self.text)
    }

    /// Scheme, host and port, in lower case and without the scheme's default port. Different
    /// spellings of one IP address have different origins here.
    #[must_use]
    pub const fn origin(&self) -> &Rc<str> {
        &self.origin
    }
}

/// The origin of a URL, or what is wrong with it.
fn read(text: &str) -> Result<String, String> {
    // The first `:` ends the scheme, unless another part of the URL has begun before it.
    if !text.find([':', '/', '?', '#']).is_some_and(|end| text[end..].starts_with(':')) {
        return Err("has no scheme: it has to begin with https:// or http://".to_owned());
    }
    let uri = Uri::parse(text).map_err(|error| format!("is malformed: {error}"))?;

    let scheme = uri.scheme().as_str();
    let default_port = if scheme.eq_ignore_ascii_case("http") {
        80
    } else if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        return Err("is neither http nor https".to_owned());
    };

    let authority = uri.authority().ok_or("names no host")?;
    let host = authority.host();
    if host.is_empty() {
        return Err("names no host".to_owned());
    }
    // Other than ASCII has to come as an IDN; a browser would decode it into another name.
    if host.contains('%') {
        return Err("has a percent-encoded host".to_owned());
    }
    // `fetch` refuses such a URL, and a queue should not keep passwords.
    if authority.has_userinfo() {
        return Err("has user information".to_owned());
    }
    // The first `?` begins the query, so the path ends before any `?` (ruling A23).
    if uri.path().as_str().contains('*') {
        return Err("has a wildcard in its path".to_owned());
    }

    let port = authority.port_to_u16().map_err(|_| "has a port beyond 65535")?;
    let mut origin = [scheme, "://", host].concat();
    origin.make_ascii_lowercase();
    if let Some(port) = port.filter(|port| *port != default_port) {
        origin.push(':');
        origin.push_str(&port.to_string());
    }
    Ok(origin)
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl TryFrom<Rc<str>> for RemoteUrl {
    type Error = QmgrError;

    /// As [`RemoteUrl::parse`]; the text is not copied.
    fn try_from(text: Rc<str>) -> Result<Self, QmgrError> {
        check_length(&text, REMOTE_URL_LIMIT, "a URL")?;
        Self::of(text)
    }
}

impl From<RemoteUrl> for Rc<str> {
    fn from(url: RemoteUrl) -> Self {
        url.text
    }
}
