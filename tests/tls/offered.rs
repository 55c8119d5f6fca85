//! What is offered, as OpenSSL sees it: nothing below TLS 1.2, no weak cipher.

use crate::authority::{Authority, Validity};
use crate::wss::serve;
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use std::process::Command;
use ws_server::net::tls::TlsConfig;

#[test]
fn nothing_old_and_nothing_weak_is_offered() {
    let authority = Authority::new("offered");
    for key in [KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap(), KeyPair::generate().unwrap()] {
        let issued = authority.issue("localhost", Validity::Now, &key);
        let server = serve(TlsConfig { host: issued.host(), ..TlsConfig::default() });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/offered.sh");
        let output = Command::new(script).arg(server.address.to_string()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    }
}
