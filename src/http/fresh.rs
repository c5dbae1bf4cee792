//! A request that a page gives in place of the stored one.

use crate::abi::RemoteUrl;
use std::fmt;

/// No URL of a page is longer, in bytes: a signed one may well be longer than a stored one.
const URL_LIMIT: usize = 65_536;

/// The header fields that no page sets: `Range` and the conditions are the engine's, as the proof of a
/// version rests on them, and all others are the browser's (the Fetch standard, forbidden request-headers).
#[rustfmt::skip]
const RESERVED: [&str; 27] = [
    "accept-charset", "accept-encoding", "access-control-request-headers",
    "access-control-request-method", "connection", "content-length", "cookie", "cookie2", "date", "dnt",
    "expect", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
    "if-unmodified-since", "keep-alive", "origin", "range", "referer", "set-cookie", "te", "trailer",
    "transfer-encoding", "upgrade", "via",
];

/// A request that a page gives in place of the stored one. Never saved: it is likely to be a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fresh {
    url: Option<RemoteUrl>,
    headers: Vec<(String, String)>,
}

impl Fresh {
    /// Reads what a page has given: a URL, or `None` for the stored one, and header fields.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without a word of what it says.
    pub fn read(url: Option<&str>, headers: Vec<(String, String)>) -> Result<Self, &'static str> {
        let url = match url {
            Some(url) if url.len() > URL_LIMIT => return Err("its url is too long"),
            Some(url) => match RemoteUrl::of_any_length(url) {
                Ok(url) => Some(url),
                Err(_) => return Err("its url is no absolute http or https URL"),
            },
            None => None,
        };
        for (name, value) in &headers {
            if !is_token(name) || !is_field_value(value) {
                return Err("its headers are no header fields");
            }
            if is_reserved(name) {
                return Err("it sets a header that is the engine's or the browser's");
            }
        }
        Ok(Self { url, headers })
    }

    /// The URL, where it is not the stored one.
    #[must_use]
    pub fn url(&self) -> Option<&RemoteUrl> {
        self.url.as_ref()
    }

    /// The header fields that go with the engine's own.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

/// Says nothing of what may be a secret.
impl fmt::Debug for Fresh {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fresh")
    }
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED.contains(&&*name) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// A name of RFC 9110 §5.6.2.
fn is_token(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_legal)
}

/// Text that a header can carry: one character a byte, none of them an end of a line.
fn is_field_value(value: &str) -> bool {
    value.chars().all(|c| matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}'))
}
