//! The `tokens` option: an array whose members are read into [`TokenRules`].

use super::{ConfigError, Reader};
use crate::protocol::is_cookie_name;
use crate::server::{TokenAlgorithm, TokenCookies, TokenRules};

pub fn read(option: &Reader<'_>) -> Result<TokenRules, ConfigError> {
    let mut rules = TokenRules::new(b"");
    for (name, value) in option.map()? {
        let member = Reader::new(&name, value);
        match name.rsplit('.').next().unwrap_or_default() {
            "secret" => rules.secret.0 = secret(&member)?,
            "lifetime" => rules.lifetime = member.positive_seconds()?,
            "algorithm" => {
                rules.algorithm = member
                    .one_of(&[("hmac-sha256", TokenAlgorithm::HmacSha256), ("md5", TokenAlgorithm::Md5)])?;
            }
            "cookies" => rules.cookies = cookies(&member)?,
            "max_per_user" => rules.max_per_user = member.count()?.min(u64::from(u32::MAX)) as u32,
            _ => return Err(member.error("is unknown")),
        }
    }
    if rules.secret.0.is_empty() {
        let option = format!("{}.secret", option.name());
        return Err(ConfigError { option, problem: "is needed, and must not be empty".to_owned() });
    }
    Ok(rules)
}

/// Any bytes.
fn secret(option: &Reader<'_>) -> Result<Vec<u8>, ConfigError> {
    match option.bytes() {
        Some(bytes) => Ok(bytes.to_vec()),
        None => option.string().map(|text| text.as_bytes().to_vec()),
    }
}

fn cookies(option: &Reader<'_>) -> Result<TokenCookies, ConfigError> {
    let mut cookies = TokenCookies::default();
    for (name, value) in option.map()? {
        let member = Reader::new(&name, value);
        match name.rsplit('.').next().unwrap_or_default() {
            "token" => cookies.token = cookie_name(&member)?,
            "user" => cookies.user = member.optional(cookie_name)?,
            "time" => cookies.time = cookie_name(&member)?,
            "digest" => cookies.digest = cookie_name(&member)?,
            _ => return Err(member.error("is unknown: there are token, user, time and digest")),
        }
    }
    let TokenCookies { token, user, time, digest } = &cookies;
    let mut names: Vec<&String> = [token, time, digest].into_iter().chain(user).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(option.error(&format!("names the cookie \"{}\" twice", pair[0]))),
        None => Ok(cookies),
    }
}

fn cookie_name(option: &Reader<'_>) -> Result<String, ConfigError> {
    let name = option.string()?;
    if is_cookie_name(name) {
        Ok(name.to_owned())
    } else {
        Err(option.error("is no name that a cookie can have"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{OptionValue, ServerOptions, TokenSecret};
    use OptionValue::{Bytes, Float, Int, List, Map, Null, Str};
    use std::time::Duration;

    fn parse(value: OptionValue) -> Result<Option<TokenRules>, ConfigError> {
        let options = vec![("tokens".to_owned(), value)];
        ServerOptions::parse(options).map(|options| options.config.access.tokens)
    }

    fn map(members: &[(&str, OptionValue)]) -> OptionValue {
        Map(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn secret() -> (&'static str, OptionValue) {
        ("secret", Str("s".into()))
    }

    #[test]
    fn a_secret_is_enough_and_the_rest_is_as_documented() {
        assert_eq!(ServerOptions::parse(Vec::new()).unwrap().config.access.tokens, None);
        assert_eq!(parse(Null), Ok(None));
        let rules = parse(map(&[secret()])).unwrap().unwrap();
        assert_eq!(rules, TokenRules::new(b"s"));
        assert_eq!((rules.lifetime.as_secs(), rules.max_per_user), (86_400, 5));
        assert_eq!(rules.algorithm, TokenAlgorithm::HmacSha256);
        let TokenCookies { token, user, time, digest } = rules.cookies;
        assert_eq!(
            [Some(token), user, Some(time), Some(digest)].map(Option::unwrap),
            ["token", "user", "time", "digest"]
        );
    }

    #[test]
    fn members_arrive() {
        let cookies =
            map(&[("token", Str("PHPSESSID".into())), ("user", Null), ("digest", Str("seal".into()))]);
        let value = map(&[
            ("secret", Bytes(vec![0, 255])),
            ("lifetime", Float(1.5)),
            ("algorithm", Str("md5".into())),
            ("cookies", cookies),
            ("max_per_user", Int(0)),
        ]);
        let cookies = TokenCookies {
            token: "PHPSESSID".into(),
            user: None,
            time: "time".into(),
            digest: "seal".into(),
        };
        let expected = TokenRules {
            secret: TokenSecret(vec![0, 255]),
            lifetime: Duration::from_millis(1500),
            algorithm: TokenAlgorithm::Md5,
            cookies,
            max_per_user: 0,
        };
        assert_eq!(parse(value), Ok(Some(expected)));
    }

    #[test]
    fn an_error_names_the_member_and_never_the_secret() {
        let with = |name: &str, value: OptionValue| map(&[secret(), (name, value)]);
        let cookies = |name: &str, value: OptionValue| with("cookies", map(&[(name, value)]));
        for (value, message) in [
            (Str("topsecret".into()), "tokens\" must be an array with named members, string given"),
            (
                List(vec![Str("topsecret".into())]),
                "tokens\" must be an array with named members, array given",
            ),
            (List(vec![]), "tokens.secret\" is needed, and must not be empty"),
            (map(&[("secret", Str(String::new()))]), "tokens.secret\" is needed, and must not be empty"),
            (map(&[("secret", Null)]), "tokens.secret\" must be a string, null given"),
            (map(&[("lifetime", Int(5))]), "tokens.secret\" is needed, and must not be empty"),
            (with("lifetime", Int(0)), "tokens.lifetime\" must be greater than 0"),
            (
                with("lifetime", Str("1d".into())),
                "tokens.lifetime\" must be a number of seconds, string given",
            ),
            (with("algorithm", Str("sha1".into())), "tokens.algorithm\" must be \"hmac-sha256\" or \"md5\""),
            (with("max_per_user", Int(-1)), "tokens.max_per_user\" must not be negative"),
            (with("speed", Int(1)), "tokens.speed\" is unknown"),
            (
                cookies("name", Str("x".into())),
                "tokens.cookies.name\" is unknown: there are token, user, time and digest",
            ),
            (cookies("token", Null), "tokens.cookies.token\" must be a string, null given"),
            (cookies("user", Str("a b".into())), "tokens.cookies.user\" is no name that a cookie can have"),
            (cookies("time", Str(String::new())), "tokens.cookies.time\" is no name that a cookie can have"),
            (cookies("user", Str("token".into())), "tokens.cookies\" names the cookie \"token\" twice"),
        ] {
            assert_eq!(parse(value).unwrap_err().to_string(), format!("option \"{message}"));
        }
    }
}
