//! Private keys in PEM, plain or encrypted.

use super::{Passphrase, Source, TlsError};
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const ENCRYPTED_BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// The first private key of a PEM file. `option` and `passphrase_option` are the names to complain about.
pub fn read(
    text: &[u8],
    source: &Source,
    passphrase: Option<&Passphrase>,
    option: &str,
    passphrase_option: &str,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let error = |problem: &str| TlsError::of(option, source, problem);
    if let Some(encrypted) = encrypted_section(text) {
        let Some(passphrase) = passphrase else {
            return Err(TlsError::of(
                passphrase_option,
                source,
                "the key is encrypted and no passphrase is given",
            ));
        };
        return decrypt(encrypted, passphrase, source, option, passphrase_option);
    }
    if contains(text, "Proc-Type: 4,ENCRYPTED") {
        return Err(error(
            "the key is encrypted in OpenSSL's old form; `openssl pkcs8 -topk8` makes the usual one of it",
        ));
    }
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err(error("there is no key in it")),
        Err(problem) => Err(error(&format!("it is not PEM: {problem}"))),
    }
}

fn decrypt(
    section: &str,
    passphrase: &Passphrase,
    source: &Source,
    option: &str,
    passphrase_option: &str,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let broken = |problem: String| TlsError::of(option, source, &format!("the key can't be read: {problem}"));
    let (_, document) = SecretDocument::from_pem(section).map_err(|error| broken(error.to_string()))?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| broken(error.to_string()))?;
    let wrong = || TlsError::of(passphrase_option, source, "it is the wrong passphrase");
    let plain = encrypted.decrypt(&passphrase.0).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) => wrong(),
        error => broken(error.to_string()),
    })?;
    // A wrong passphrase passes for right one time in 256, as far as the padding goes.
    if pkcs8::PrivateKeyInfoRef::try_from(plain.as_bytes()).is_err() {
        return Err(wrong());
    }
    Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()).into())
}

fn encrypted_section(text: &[u8]) -> Option<&str> {
    // Comments around the sections may be in any encoding; the section itself is ASCII.
    let start = find(text, ENCRYPTED_BEGIN)?;
    let length = find(&text[start..], ENCRYPTED_END)? + ENCRYPTED_END.len();
    std::str::from_utf8(&text[start..start + length]).ok()
}

fn find(text: &[u8], wanted: &str) -> Option<usize> {
    text.windows(wanted.len()).position(|bytes| bytes == wanted.as_bytes())
}

fn contains(text: &[u8], wanted: &str) -> bool {
    find(text, wanted).is_some()
}
