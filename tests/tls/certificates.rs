//! Our own certificates: in every form, and what is said of bad ones before the server starts.

use crate::authority::{Authority, Issued, Validity};
use crate::wss::{serve, shown};
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, LocalKeyId, PrivateKey, PrivateKeyChain,
};
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};
use std::path::{Path, PathBuf};
use ws_server::net::ListenAddress;
use ws_server::net::tls::{HostConfig, Identity, Passphrase, Source, TlsConfig, VerifyClient};
use ws_server::server::{Driver, ServerConfig};

fn host(identity: Identity, passphrase: Option<&str>) -> HostConfig {
    let passphrase = passphrase.map(|text| Passphrase(text.to_owned()));
    HostConfig { identity: Some(identity), passphrase, ..HostConfig::default() }
}

fn only(host: HostConfig) -> TlsConfig {
    TlsConfig { host, ..TlsConfig::default() }
}

fn pem(cert: &Path, key: &Path) -> Identity {
    Identity::Pem { cert: Source::File(cert.to_owned()), key: Some(Source::File(key.to_owned())) }
}

fn encrypted(issued: &Issued, passphrase: &str) -> String {
    let der = issued.key.serialize_der();
    let encrypted = PrivateKeyInfoRef::try_from(der.as_slice()).unwrap();
    let params =
        pkcs8::pkcs5::pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(2048, b"a salt of 16 B..", [7; 16]);
    let document = encrypted.encrypt_with_params(params.unwrap(), passphrase).unwrap();
    document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap().to_string()
}

fn archive(issued: &Issued, passphrase: &str, algorithm: EncryptionAlgorithm) -> Vec<u8> {
    let key = PrivateKey::from_der(&issued.key.serialize_der()).unwrap();
    let certificate = Certificate::from_der(issued.certificate.der()).unwrap();
    let chain = PrivateKeyChain::new(LocalKeyId(vec![1]), key, [certificate]);
    let mut store = KeyStore::new();
    store.add_entry("server", KeyStoreEntry::PrivateKeyChain(chain));
    store.writer(passphrase).encryption_algorithm(algorithm).encryption_iterations(500).write().unwrap()
}

/// What the server says instead of starting.
fn refusal(config: TlsConfig) -> String {
    let config = ServerConfig {
        listen: vec![ListenAddress::parse("tls://127.0.0.1:0").unwrap()],
        tls: Some(config),
        ..ServerConfig::default()
    };
    match Driver::<Vec<u8>>::start(config) {
        Ok(_) => panic!("the server started"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_kind_of_key_serves() {
    let authority = Authority::new("kinds");
    for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519, &PKCS_RSA_SHA256] {
        let issued = authority.issue("localhost", Validity::Now, &KeyPair::generate_for(kind).unwrap());
        let server = serve(only(issued.host()));
        assert_eq!(shown(&server, "localhost"), issued.certificate.der().to_vec());
    }
}

#[test]
fn a_certificate_and_its_key_may_stand_in_one_file_or_in_strings() {
    let authority = Authority::new("forms");
    let issued = authority.identity("localhost");
    let both = authority.folder.join("both.pem");
    std::fs::write(&both, format!("{}{}", issued.key.serialize_pem(), issued.pem())).unwrap();
    let one_file = Identity::Pem { cert: Source::File(both), key: None };
    for config in [only(host(one_file, None)), issued.config()] {
        assert_eq!(shown(&serve(config), "localhost"), issued.certificate.der().to_vec());
    }
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let authority = Authority::new("encrypted");
    let issued = authority.identity("localhost");
    let file = authority.folder.join("encrypted.key");
    std::fs::write(&file, encrypted(&issued, "open sesame")).unwrap();
    let with = |passphrase| only(host(pem(&issued.cert_file, &file), passphrase));
    assert_eq!(shown(&serve(with(Some("open sesame"))), "localhost"), issued.certificate.der().to_vec());
    let path = file.display();
    assert_eq!(
        refusal(with(Some("open barley"))),
        format!("option \"tls.passphrase\" cannot be used: {path}: it is the wrong passphrase")
    );
    assert_eq!(
        refusal(with(None)),
        format!(
            "option \"tls.passphrase\" cannot be used: {path}: the key is encrypted and no passphrase is given"
        )
    );
}

#[test]
fn pkcs12_as_a_file_and_as_bytes_in_the_new_and_the_old_encryption() {
    let authority = Authority::new("pkcs12");
    let issued = authority.identity("localhost");
    for algorithm in
        [EncryptionAlgorithm::PbeWithHmacSha256AndAes256, EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc]
    {
        let bytes = archive(&issued, "secret", algorithm);
        let file = authority.folder.join("server.p12");
        std::fs::write(&file, &bytes).unwrap();
        for source in [Source::File(file), Source::Content(bytes)] {
            let with = |word| only(host(Identity::Pkcs12(source.clone()), Some(word)));
            assert_eq!(shown(&serve(with("secret")), "localhost"), issued.certificate.der().to_vec());
            let error = refusal(with("wrong"));
            assert!(
                error.starts_with("option \"tls.passphrase\"") && error.ends_with("wrong passphrase"),
                "{error}"
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_and_option() {
    let authority = Authority::new("wrong");
    let good = authority.identity("localhost");
    let other = authority.identity("localhost");
    let expired = authority.issue("localhost", Validity::Past, &KeyPair::generate().unwrap());
    let early = authority.issue("localhost", Validity::Future, &KeyPair::generate().unwrap());
    let write = |name: &str, text: &str| -> PathBuf {
        let path = authority.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let empty = write("empty.pem", "");
    let broken = write("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    let torn = write("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let old = write(
        "old.key",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    );
    let missing = authority.folder.join("missing.pem");
    let (cert, key) = (&good.cert_file, &good.key_file);
    for (identity, option, file, problem) in [
        (pem(&missing, key), "tls.cert", &missing, "not found"),
        (pem(cert, &missing), "tls.key", &missing, "not found"),
        (pem(&authority.folder, key), "tls.cert", &authority.folder, "it is not a file"),
        (pem(&empty, key), "tls.cert", &empty, "there is no certificate in it"),
        (pem(key, key), "tls.cert", key, "there is no certificate in it"),
        (pem(cert, cert), "tls.key", cert, "there is no key in it"),
        (pem(&torn, key), "tls.cert", &torn, "it is not PEM"),
        (pem(&broken, key), "tls.cert", &broken, "the certificate can't be read"),
        (pem(cert, &old), "tls.key", &old, "OpenSSL's old form"),
        (pem(cert, &other.key_file), "tls.key", &other.key_file, "the key does not match the certificate"),
        (
            pem(&expired.cert_file, &expired.key_file),
            "tls.cert",
            &expired.cert_file,
            "the certificate expired on",
        ),
        (pem(&early.cert_file, &early.key_file), "tls.cert", &early.cert_file, "not yet valid"),
        (Identity::Pkcs12(Source::File(missing.clone())), "tls.pkcs12", &missing, "not found"),
        (Identity::Pkcs12(Source::File(cert.clone())), "tls.pkcs12", cert, "it is not a PKCS#12 archive"),
    ] {
        let error = refusal(only(host(identity, None)));
        let begin = format!("option \"{option}\" cannot be used: {}: ", file.display());
        assert!(error.starts_with(&begin) && error.contains(problem), "{error}\n{begin}{problem}");
    }
}

/// So is what is wrong with the others: authorities of clients, revocation lists, the key log; and inside an archive.
#[test]
fn what_is_wrong_with_every_other_file_is_said_too() {
    let authority = Authority::new("others");
    let good = authority.identity("localhost");
    let write = |name: &str, text: &[u8]| -> PathBuf {
        let path = authority.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let missing = authority.folder.join("missing.pem");
    let (ca, key) = (authority.folder.join("ca.pem"), &good.key_file);
    let empty = write("empty.pem", b"");
    let broken = write("broken.pem", b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n");
    let torn = write("torn.pem", b"-----BEGIN X509 CRL-----\nMIIB\n");
    let asking = |client_ca: &PathBuf, crl: Option<&PathBuf>| HostConfig {
        client_ca: vec![Source::File(client_ca.clone())],
        crl: crl.into_iter().cloned().map(Source::File).collect(),
        verify_client: VerifyClient::Required,
        ..good.host()
    };
    for (host, option, file, problem) in [
        (asking(&missing, None), "tls.client_ca", &missing, "not found"),
        (asking(&empty, None), "tls.client_ca", &empty, "there is no certificate in it"),
        (asking(key, None), "tls.client_ca", key, "there is no certificate in it"),
        (asking(&ca, Some(&missing)), "tls.crl", &missing, "not found"),
        (asking(&ca, Some(&ca)), "tls.crl", &ca, "there is no revocation list (X509 CRL) in it"),
        (asking(&ca, Some(&torn)), "tls.crl", &torn, "it is not PEM"),
        (asking(&ca, Some(&broken)), "tls.crl", &broken, "the revocation list can't be read"),
    ] {
        let error = refusal(only(host));
        let begin = format!("option \"{option}\" cannot be used: {}: ", file.display());
        assert!(error.starts_with(&begin) && error.contains(problem), "{error}\n{begin}{problem}");
    }
    let keylog = authority.folder.join("nowhere/keys.log");
    let error = refusal(TlsConfig { keylog: Some(keylog.clone()), ..only(good.host()) });
    let begin = format!("option \"tls.keylog\" cannot be used: {}: No such file", keylog.display());
    assert!(error.starts_with(&begin), "{error}");

    let expired = authority.issue("localhost", Validity::Past, &KeyPair::generate().unwrap());
    let algorithm = EncryptionAlgorithm::PbeWithHmacSha256AndAes256;
    let file = write("expired.p12", &archive(&expired, "secret", algorithm));
    let error = refusal(only(host(Identity::Pkcs12(Source::File(file.clone())), Some("secret"))));
    let begin =
        format!("option \"tls.pkcs12\" cannot be used: {}: the certificate expired on", file.display());
    assert!(error.starts_with(&begin), "{error}");
}

#[test]
fn a_tls_listener_without_a_certificate_does_not_start() {
    let error = refusal(TlsConfig::default());
    assert_eq!(error, "option \"tls.cert\" is needed for TLS: give cert and key, or pkcs12");
}

#[test]
fn each_host_gets_its_certificate_and_an_unknown_one_the_first() {
    let authority = Authority::new("sni");
    let [first, exact, wild] =
        ["localhost", "a.example.org", "*.example.net"].map(|name| authority.identity(name));
    let config = TlsConfig {
        sni: vec![("A.example.org".to_owned(), exact.host()), ("*.example.net".to_owned(), wild.host())],
        ..only(first.host())
    };
    let server = serve(config);
    for (name, issued) in [
        ("a.example.org", &exact),
        ("b.example.net", &wild),
        ("c.b.example.net", &first),
        ("example.net", &first),
        ("unknown.example", &first),
    ] {
        assert_eq!(shown(&server, name), issued.certificate.der().to_vec(), "{name}");
        assert!(server.next_with("tls").contains(&format!(" sni={name} ")));
    }
    // An address is no host name, so the client names none.
    assert_eq!(shown(&server, "127.0.0.1"), first.certificate.der().to_vec());
    assert!(server.next_with("tls").contains(" sni=- "));
}

#[test]
fn a_bad_certificate_of_a_host_is_named_with_it() {
    let authority = Authority::new("badsni");
    let (good, expired) = (
        authority.identity("localhost"),
        authority.issue("a.example.org", Validity::Past, &KeyPair::generate().unwrap()),
    );
    let sni = vec![("a.example.org".to_owned(), expired.host())];
    let error = refusal(TlsConfig { sni, ..only(good.host()) });
    assert!(error.starts_with("option \"tls.sni.a.example.org.cert\" cannot be used: "), "{error}");
}
