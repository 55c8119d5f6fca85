use super::*;
use crate::protocol::{Connection, Event, Recipient, Settings, Timestamp};
use std::sync::Arc;

const SECRET: &[u8] = b"uhD27usxm2F61p6gs4unU12mHUiGrbf6";
/// The example of ws(s)on's documentation.
const TOKEN: &str = "32febad1f0cf83f38aceb31ad63866c4";
const TIME: u64 = 1531124337;

// What PHP's md5() and hash_hmac() make of them; see the head of the module for what goes in.
const MD5: &str = "168665f03ea073b7c26f9893bd0acfa6";
const MD5_ADA: &str = "7061fadf4df6c28423d0089fd29a8eb9";
const HMAC: &str = "509d0efd2b8f8507ad90f28eede4ea636602489c3d1fc8ad1daadb6c051cd520";
const HMAC_ADA: &str = "e01a592a7205c7ac71642bd55880176964acdcd8d2a6845ee2e65c0b9c73a225";
const HMAC_ZOE: &str = "5a7404f980f150857f4359fe28ff7871e0c3dec59e050efca159702f95651b48";
/// The secret "\x00\xff", the token "short", the user "ada".
const HMAC_BINARY_SECRET: &str = "b32014e911a475c5f49afe1c353fcc65029f70c23892092cd49a8d0dd18aecc5";
/// A secret of 100 times "k" (longer than a block of SHA-256), the token "abc", the user "ada".
const HMAC_LONG_SECRET: &str = "6ae914be79be48df2c95aa43d314db943337cdd483d8b8c60a06681499c39c31";

fn rules(algorithm: TokenAlgorithm) -> TokenRules {
    TokenRules { algorithm, ..TokenRules::new(SECRET) }
}

fn request(headers: &str) -> Box<Request> {
    let head = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    let mut connection: Connection<Vec<u8>> = Connection::server(Arc::new(Settings::default()), Timestamp(0));
    match connection.receive(&mut head.as_bytes(), Timestamp(0), &mut Vec::new()) {
        Some(Event::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

/// What the rules say of these cookies, a minute after [`TIME`].
fn verify(rules: &TokenRules, cookies: &str) -> Result<Claim, TokenError> {
    rules.verify(&request(&format!("Cookie: {cookies}\r\n")), Duration::from_secs(TIME + 60))
}

fn good(rules: &TokenRules, cookies: &str) -> (String, Option<String>) {
    let Claim { token, user, left } =
        verify(rules, cookies).unwrap_or_else(|error| panic!("{cookies}: {error}"));
    assert_eq!(left, Duration::from_secs(86_340));
    (token, user)
}

fn cookies(user: &str, token: &str, digest: &str) -> String {
    let user = if user.is_empty() { String::new() } else { format!("user={user}; ") };
    format!("{user}token={token}; time={TIME}; digest={digest}")
}

#[test]
fn digests_are_those_of_php() {
    use TokenAlgorithm::{HmacSha256, Md5};
    for (algorithm, user, digest) in
        [(Md5, "", MD5), (Md5, "ada", MD5_ADA), (HmacSha256, "", HMAC), (HmacSha256, "ada", HMAC_ADA)]
    {
        let (token, found) = good(&rules(algorithm), &cookies(user, TOKEN, digest));
        assert_eq!((token.as_str(), found.as_deref()), (TOKEN, (!user.is_empty()).then_some(user)));
    }
    for (secret, token, digest) in
        [(&b"\x00\xff"[..], "short", HMAC_BINARY_SECRET), (&[b'k'; 100], "abc", HMAC_LONG_SECRET)]
    {
        assert_eq!(good(&TokenRules::new(secret), &cookies("ada", token, digest)).0, token);
    }
}

#[test]
fn cookies_are_read_as_php_reads_them() {
    let hmac = rules(TokenAlgorithm::HmacSha256);
    // setcookie() encodes what it sets.
    assert_eq!(good(&hmac, &cookies("zo%C3%A9%20m", TOKEN, HMAC_ZOE)).1.as_deref(), Some("zo\u{e9} m"));
    assert_eq!(good(&hmac, &cookies("%61da", TOKEN, HMAC_ADA)).1.as_deref(), Some("ada"));
    // Digits of either case, other cookies around them, several headers.
    good(&hmac, &cookies("ada", TOKEN, &HMAC_ADA.to_uppercase()));
    good(&hmac, &format!("theme=dark; {}; tokens=1; Token=2; xtoken=3", cookies("ada", TOKEN, HMAC_ADA)));
    let split = format!("Cookie: user=ada; token={TOKEN}\r\nCookie: time={TIME};digest={HMAC_ADA}\r\n");
    assert!(hmac.verify(&request(&split), Duration::from_secs(TIME)).is_ok());
    // An empty user is none.
    assert_eq!(good(&hmac, &format!("user=; {}", cookies("", TOKEN, HMAC))).1, None);
}

#[test]
fn names_of_cookies_can_be_chosen() {
    let mut named = rules(TokenAlgorithm::HmacSha256);
    named.cookies = TokenCookies {
        token: "PHPSESSID".to_owned(),
        user: Some("who".to_owned()),
        time: "since".to_owned(),
        digest: "seal".to_owned(),
    };
    good(&named, &format!("PHPSESSID={TOKEN}; who=ada; since={TIME}; seal={HMAC_ADA}; token=1; user=bob"));
    // Without a name for it, a cookie called "user" is somebody else's.
    let mut nobody = rules(TokenAlgorithm::HmacSha256);
    nobody.cookies.user = None;
    assert_eq!(good(&nobody, &cookies("ada", TOKEN, HMAC)).1, None);
}

#[test]
fn what_is_missing_repeated_or_malformed_is_named() {
    use CookieRole::{Digest, Time, Token, User};
    use TokenError::{Malformed, Missing, Repeated};
    let all = |token: &str, user: &str, time: &str, digest: &str| {
        format!("token={token}; user={user}; time={time}; digest={digest}")
    };
    let long_user = "u".repeat(MAX_USER + 1);
    let time = TIME.to_string();
    for (cookies, error) in [
        ("theme=dark".to_owned(), Missing(Token)),
        (format!("token={TOKEN}; digest={HMAC}"), Missing(Time)),
        (format!("token={TOKEN}; time={TIME}"), Missing(Digest)),
        (format!("token={TOKEN}; {}", cookies("", TOKEN, HMAC)), Repeated(Token)),
        (format!("{}; token", cookies("", TOKEN, HMAC)), Repeated(Token)),
        (format!("user=ada; user=bob; {}", cookies("", TOKEN, HMAC)), Repeated(User)),
        (format!("time=1; {}", cookies("", TOKEN, HMAC)), Repeated(Time)),
        (format!("{}; digest={HMAC}", cookies("", TOKEN, HMAC)), Repeated(Digest)),
        (all("", "", &time, HMAC), Malformed(Token)),
        (all("#12", "", &time, HMAC), Malformed(Token)),
        (all("%2312", "", &time, HMAC), Malformed(Token)),
        (all("a:b", "", &time, HMAC), Malformed(Token)),
        (all("a b", "", &time, HMAC), Malformed(Token)),
        (all("a%09b", "", &time, HMAC), Malformed(Token)),
        (all("a%00", "", &time, HMAC), Malformed(Token)),
        (all("%C3%A9", "", &time, HMAC), Malformed(Token)),
        (all(&format!("{TOKEN}x"), "", &time, HMAC), Malformed(Token)),
        (all(&"x".repeat(10_000), "", &time, HMAC), Malformed(Token)),
        (all(TOKEN, &long_user, &time, HMAC), Malformed(User)),
        (all(TOKEN, "a%00da", &time, HMAC), Malformed(User)),
        (all(TOKEN, "a%0Ada", &time, HMAC), Malformed(User)),
        (all(TOKEN, "a%FF", &time, HMAC), Malformed(User)),
        (all(TOKEN, "", "", HMAC), Malformed(Time)),
        (all(TOKEN, "", "01531124337", HMAC), Malformed(Time)),
        (all(TOKEN, "", "0531124337", HMAC), Malformed(Time)),
        (all(TOKEN, "", "+531124337", HMAC), Malformed(Time)),
        (all(TOKEN, "", "-531124337", HMAC), Malformed(Time)),
        (all(TOKEN, "", "1531124337.0", HMAC), Malformed(Time)),
        (all(TOKEN, "", "1.53112e09", HMAC), Malformed(Time)),
        (all(TOKEN, "", "0x5b431af1", HMAC), Malformed(Time)),
        (all(TOKEN, "", "99999999999999999999", HMAC), Malformed(Time)),
        (all(TOKEN, "", &time, ""), TokenError::Forged),
        (all(TOKEN, "", &time, "xyz"), Malformed(Digest)),
        (all(TOKEN, "", &time, &HMAC[1..]), Malformed(Digest)),
    ] {
        assert_eq!(verify(&rules(TokenAlgorithm::HmacSha256), &cookies), Err(error), "{cookies}");
    }
    let most = "u".repeat(MAX_USER);
    let at_the_limit = all(TOKEN, &most, &time, HMAC);
    assert_eq!(verify(&rules(TokenAlgorithm::HmacSha256), &at_the_limit), Err(TokenError::Forged));
    let none = rules(TokenAlgorithm::HmacSha256).verify(&request(""), Duration::from_secs(TIME));
    assert_eq!(none, Err(Missing(Token)));
}

#[test]
fn nothing_but_what_was_signed_is_good() {
    use TokenAlgorithm::{HmacSha256, Md5};
    let flipped = |digest: &str, at: usize| {
        let mut digest = digest.as_bytes().to_vec();
        digest[at] = if digest[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(digest).unwrap()
    };
    for (algorithm, digest) in [(Md5, MD5_ADA), (HmacSha256, HMAC_ADA)] {
        let rules = rules(algorithm);
        let other = if algorithm == Md5 { HMAC_ADA } else { MD5_ADA };
        for (user, token, digest) in [
            ("bob", TOKEN, digest.to_owned()),
            ("Ada", TOKEN, digest.to_owned()),
            ("", TOKEN, digest.to_owned()),
            ("ada", "32febad1f0cf83f38aceb31ad63866c5", digest.to_owned()),
            ("ada", "32FEBAD1f0cf83f38aceb31ad63866c4", digest.to_owned()),
            ("ada", TOKEN, flipped(digest, 0)),
            ("ada", TOKEN, flipped(digest, digest.len() - 1)),
            ("ada", TOKEN, digest[..digest.len() - 2].to_owned()),
            ("ada", TOKEN, format!("{digest}00")),
            ("ada", TOKEN, other.to_owned()),
        ] {
            let cookies = cookies(user, token, &digest);
            assert_eq!(verify(&rules, &cookies), Err(TokenError::Forged), "{algorithm:?} {cookies}");
        }
        let cookies = cookies("ada", TOKEN, digest);
        let later = cookies.replace(&TIME.to_string(), &(TIME + 1).to_string());
        assert_eq!(verify(&rules, &later), Err(TokenError::Forged));
        let secret = TokenRules { secret: TokenSecret(b"another".to_vec()), ..rules.clone() };
        assert_eq!(verify(&secret, &cookies), Err(TokenError::Forged));
    }
}

/// What stands beside each other in `md5($secret.$user.$token.$time)` can't be divided in another way.
#[test]
fn parts_cannot_change_places() {
    use TokenError::{Forged, Malformed};
    let md5 = rules(TokenAlgorithm::Md5);
    let with = |user: &str, token: &str, time: &str| {
        verify(&md5, &format!("user={user}; token={token}; time={time}; digest={MD5_ADA}"))
    };
    let time = TIME.to_string();
    assert!(with("ada", TOKEN, &time).is_ok());
    assert_eq!(with("ad", &format!("a{TOKEN}"), &time), Err(Malformed(CookieRole::Token)));
    assert_eq!(with("", &format!("ada{TOKEN}"), &time), Err(Malformed(CookieRole::Token)));
    assert_eq!(with("ada3", &TOKEN[1..], &time), Err(Malformed(CookieRole::Token)));
    assert_eq!(with("ada", &TOKEN[..31], &format!("4{time}")), Err(Malformed(CookieRole::Token)));
    assert_eq!(with("ada3", &format!("{}1", &TOKEN[1..]), &time[1..]), Err(Malformed(CookieRole::Time)));
    // Where no cookie names a user, nothing can move but between token and time, whose length is fixed.
    let mut nobody = rules(TokenAlgorithm::Md5);
    nobody.cookies.user = None;
    good(&nobody, &cookies("", TOKEN, MD5));
    let moved = format!("token={}; time=4{TIME}; digest={MD5}", &TOKEN[..31]);
    assert_eq!(verify(&nobody, &moved), Err(Malformed(CookieRole::Time)));
    // With HMAC the colons say where parts end; a user may have them, a token may not.
    let hmac = rules(TokenAlgorithm::HmacSha256);
    assert_eq!(verify(&hmac, &cookies("ada%3A", TOKEN, HMAC_ADA)), Err(Forged));
    assert_eq!(
        verify(&hmac, &cookies("", &format!("ada:{TOKEN}"), HMAC_ADA)),
        Err(Malformed(CookieRole::Token))
    );
}

/// Whoever is let in with a token can be addressed by it through the control protocol.
#[test]
fn every_token_fits_the_control_protocol() {
    let printable = (b'!'..=b'~').filter(|byte| *byte != b':').map(char::from);
    let mut tokens: Vec<String> = printable.clone().filter(|first| *first != '#').map(String::from).collect();
    tokens.push(printable.clone().skip(10).take(MAX_TOKEN).collect());
    tokens.push(format!("x{}", printable.take(MAX_TOKEN - 1).collect::<String>()));
    for text in tokens {
        assert_eq!(token(Some(text.clone().into_bytes()), 1).as_ref(), Ok(&text));
        let recipient = Recipient::Token(text.into());
        assert_eq!(Recipient::parse(&recipient.field().unwrap()), Ok(recipient));
    }
}

#[test]
fn a_token_is_good_for_its_lifetime_and_a_little_before() {
    let mut hmac = rules(TokenAlgorithm::HmacSha256);
    hmac.lifetime = Duration::from_secs(100);
    let request = request(&format!("Cookie: {}\r\n", cookies("ada", TOKEN, HMAC_ADA)));
    let at =
        |now: f64| hmac.verify(&request, Duration::from_secs_f64(now)).map(|claim| claim.left.as_secs_f64());
    let time = TIME as f64;
    assert_eq!(at(time), Ok(100.0));
    assert_eq!(at(time + 99.5), Ok(0.5));
    assert_eq!(at(time + 100.0), Err(TokenError::Expired));
    assert_eq!(at(time + 1e9), Err(TokenError::Expired));
    assert_eq!(at(time - 60.0), Ok(160.0));
    assert_eq!(at(time - 60.5), Err(TokenError::Early));
    assert_eq!(at(0.0), Err(TokenError::Early));
}

/// Neither secrets nor what is in cookies is shown, whatever prints it.
#[test]
fn nothing_is_shown() {
    let rules = rules(TokenAlgorithm::HmacSha256);
    let claim = verify(&rules, &cookies("ada", TOKEN, HMAC_ADA)).unwrap();
    let shown = format!("{rules:?} {claim:?}");
    let secret = std::str::from_utf8(SECRET).unwrap();
    assert!(![secret, TOKEN, "ada", "117, 104"].iter().any(|text| shown.contains(text)), "{shown}");
}
