//! PKCS#12 archives (`.p12`, `.pfx`): a chain and its key in one encrypted file.

use super::{Passphrase, Source, TlsError};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

type Contents = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The first key of the archive with its chain, our certificate first.
pub fn read(
    archive: &[u8],
    source: &Source,
    passphrase: Option<&Passphrase>,
    option: &str,
    passphrase_option: &str,
) -> Result<Contents, TlsError> {
    let passphrase = passphrase.map_or("", |passphrase| &passphrase.0);
    let store = KeyStore::from_pkcs12(archive, passphrase, Pkcs12ImportPolicy::Relaxed).map_err(|error| {
        use p12_keystore::error::Error::{MacError, Pkcs5Error, UnpadError};
        match error {
            MacError(_) | Pkcs5Error(_) | UnpadError => {
                TlsError::of(passphrase_option, source, "it is the wrong passphrase")
            }
            error => TlsError::of(option, source, &format!("it is not a PKCS#12 archive: {error}")),
        }
    })?;
    let Some((_, chain)) = store.private_key_chain() else {
        return Err(TlsError::of(option, source, "there is no key in it"));
    };
    let certificates: Vec<_> =
        chain.certs().iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect();
    if certificates.is_empty() {
        return Err(TlsError::of(option, source, "there is no certificate for its key in it"));
    }
    Ok((certificates, PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec()).into()))
}
