//! Tokens: what the web application signs for whoever may connect, in cookies.
//!
//! The web application sets a token, the time when it made it, a digest over both with a secret that it shares with this
//! server, and a user where it knows one. Nothing is kept between the two, and nothing asked.
//!
//! What is signed is put together without lengths, so the parts must not be able to change places. A time has always ten
//! digits. With `hmac-sha256`, a token has no colon. With `md5`, where nothing stands between the user and the token, a
//! token has exactly the 32 bytes that ws(s)on's have, or no user is looked for. And no part may have control characters:
//! `md5($secret.…)` lets anyone who has seen a digest make one for a longer text, but not without NUL bytes in it.

use crate::protocol::{Request, cookies, percent_decode};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Longest token: what the control protocol has room for, to say whom a message is for.
const MAX_TOKEN: usize = 32;
/// Longest user: an e-mail address fits.
const MAX_USER: usize = 255;
/// Digits of a Unix time, from the year 2001 to 2286.
const TIME_DIGITS: usize = 10;
/// How far a token may come from the future. The web application's clock may be another machine's, which is right to a
/// second if anything keeps it so, and to half a minute or so if nothing does.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

/// The option `tokens`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    pub secret: TokenSecret,
    /// How long a token is good for, from its time on, for connections that are open too. Default a day.
    pub lifetime: Duration,
    pub algorithm: TokenAlgorithm,
    pub cookies: TokenCookies,
    /// Connections that one user may have; 0: no limit. Default 5.
    pub max_per_user: u32,
}

/// How a digest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenAlgorithm {
    /// `hash_hmac('sha256', "$user:$token:$time", $secret)`, the user empty where there is none.
    #[default]
    HmacSha256,
    /// `md5($secret.$user.$token.$time)`, as ws(s)on has it.
    Md5,
}

/// The cookies' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCookies {
    pub token: String,
    /// `None`: no cookie names a user.
    pub user: Option<String>,
    pub time: String,
    pub digest: String,
}

/// Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(pub Vec<u8>);

/// What a request has proved.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    pub token: String,
    pub user: Option<String>,
    /// How long the token is still good for.
    pub left: Duration,
}

/// Why a request has proved nothing. Never shows what was in a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the {0} cookie is missing")]
    Missing(CookieRole),
    #[error("the {0} cookie is there more than once")]
    Repeated(CookieRole),
    #[error("the {0} cookie is malformed")]
    Malformed(CookieRole),
    #[error("the token's digest is wrong")]
    Forged,
    #[error("the token has expired")]
    Expired,
    #[error("the token is from the future")]
    Early,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieRole {
    Token,
    User,
    Time,
    Digest,
}

impl TokenRules {
    /// The defaults, with this secret.
    pub fn new(secret: &[u8]) -> TokenRules {
        TokenRules {
            secret: TokenSecret(secret.to_vec()),
            lifetime: Duration::from_secs(86_400),
            algorithm: TokenAlgorithm::default(),
            cookies: TokenCookies::default(),
            max_per_user: 5,
        }
    }

    /// Whether a request shows a token that is good at the Unix time `now`.
    pub fn verify(&self, request: &Request, now: Duration) -> Result<Claim, TokenError> {
        let read = |role, name| single(request, role, name);
        let token = token(read(CookieRole::Token, &self.cookies.token)?, self.shortest_token())?;
        let user = match &self.cookies.user {
            Some(name) => user(read(CookieRole::User, name)?)?,
            None => None,
        };
        let digits =
            read(CookieRole::Time, &self.cookies.time)?.ok_or(TokenError::Missing(CookieRole::Time))?;
        let time = time(&digits)?;
        let digest = digest(read(CookieRole::Digest, &self.cookies.digest)?)?;

        let signed = [user.as_deref().unwrap_or_default().as_bytes(), token.as_bytes(), &digits];
        let genuine = match self.algorithm {
            TokenAlgorithm::HmacSha256 => self.is_hmac(signed, &digest),
            TokenAlgorithm::Md5 => self.is_md5(signed, &digest),
        };
        if !genuine {
            return Err(TokenError::Forged);
        }
        if time > now + CLOCK_DIFFERENCE {
            return Err(TokenError::Early);
        }
        let left = (time + self.lifetime).saturating_sub(now);
        if left.is_zero() { Err(TokenError::Expired) } else { Ok(Claim { token, user, left }) }
    }

    fn shortest_token(&self) -> usize {
        match self.algorithm {
            TokenAlgorithm::Md5 if self.cookies.user.is_some() => MAX_TOKEN,
            _ => 1,
        }
    }

    fn is_hmac(&self, [user, token, time]: [&[u8]; 3], digest: &[u8]) -> bool {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret.0) else { return false };
        [user, b":", token, b":", time].iter().for_each(|part| mac.update(part));
        mac.verify_slice(digest).is_ok() // in constant time
    }

    fn is_md5(&self, signed: [&[u8]; 3], digest: &[u8]) -> bool {
        let mut md5 = Md5::new_with_prefix(&self.secret.0);
        signed.iter().for_each(|part| md5.update(part));
        md5.finalize().as_slice().ct_eq(digest).into()
    }
}

/// The value of a cookie, decoded as for `$_COOKIE`; `None` where it is missing. Of two PHP takes the first and others the
/// last: which of them the web application has set, nobody knows.
fn single(request: &Request, role: CookieRole, name: &str) -> Result<Option<Vec<u8>>, TokenError> {
    let all = request.header_values("Cookie").flat_map(cookies);
    let mut values = all.filter(|(found, _)| *found == name.as_bytes()).map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() { Err(TokenError::Repeated(role)) } else { Ok(first.map(percent_decode)) }
}

/// Printable ASCII without blanks. `#` at the beginning is for the ids of connections (the control protocol), the colon
/// stands around it in what is signed.
fn token(value: Option<Vec<u8>>, shortest: usize) -> Result<String, TokenError> {
    let value = value.ok_or(TokenError::Missing(CookieRole::Token))?;
    let allowed = (shortest..=MAX_TOKEN).contains(&value.len())
        && value[0] != b'#'
        && value.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':');
    String::from_utf8(value).ok().filter(|_| allowed).ok_or(TokenError::Malformed(CookieRole::Token))
}

/// An empty user is none: what is signed is the same.
fn user(value: Option<Vec<u8>>) -> Result<Option<String>, TokenError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = String::from_utf8(value).map_err(|_| TokenError::Malformed(CookieRole::User))?;
    let allowed = text.len() <= MAX_USER && !text.chars().any(char::is_control);
    if allowed { Ok(Some(text)) } else { Err(TokenError::Malformed(CookieRole::User)) }
}

/// As PHP's `time()` writes it.
fn time(digits: &[u8]) -> Result<Duration, TokenError> {
    let allowed = digits.len() == TIME_DIGITS && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit);
    let seconds = std::str::from_utf8(digits).ok().filter(|_| allowed).and_then(|text| text.parse().ok());
    seconds.map(Duration::from_secs).ok_or(TokenError::Malformed(CookieRole::Time))
}

/// Hexadecimal digits stand for bytes, in whichever case: PHP writes small ones, others don't, and nothing hangs on it.
fn digest(value: Option<Vec<u8>>) -> Result<Vec<u8>, TokenError> {
    let value = value.ok_or(TokenError::Missing(CookieRole::Digest))?;
    HEXLOWER_PERMISSIVE.decode(&value).map_err(|_| TokenError::Malformed(CookieRole::Digest))
}

impl Default for TokenCookies {
    fn default() -> Self {
        TokenCookies {
            token: "token".to_owned(),
            user: Some("user".to_owned()),
            time: "time".to_owned(),
            digest: "digest".to_owned(),
        }
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("left", &self.left).finish_non_exhaustive()
    }
}

impl fmt::Display for CookieRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CookieRole::Token => "token",
            CookieRole::User => "user",
            CookieRole::Time => "time",
            CookieRole::Digest => "digest",
        })
    }
}

#[cfg(test)]
mod tests;
