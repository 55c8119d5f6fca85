//! One TLS connection without its socket: records in, plaintext out, and the other way round.
//!
//! It is rustls' unbuffered interface: rustls' own buffers would keep 4 KiB of every idle connection. What arrives is
//! decrypted where it was read, in a buffer that all connections of a thread share.
//!
//! rustls keeps places of unfinished handshake messages in its input, so every call must show it the input that it has
//! not let go: `held`, which is empty but for a message that has not arrived whole.

use super::{ClientCertificate, TlsInfo, suites};
use rustls::server::{ServerConfig, ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{Error, HandshakeKind};
use std::sync::Arc;

/// Room for an encrypted alert.
const ALERT: usize = 512;

pub struct Session {
    tls: UnbufferedServerConnection,
    /// The host that the client named.
    sni: Option<Box<str>>,
}

/// What one input came to.
pub struct Progress {
    /// Bytes of the input that are done with; the rest is wanted again, before what comes next.
    pub used: usize,
    /// Bytes of plaintext.
    pub plain: usize,
    /// The peer has said that nothing more comes.
    pub closed: bool,
}

impl Session {
    pub fn new(config: Arc<ServerConfig>, sni: Option<Box<str>>) -> Result<Session, Error> {
        Ok(Session { tls: UnbufferedServerConnection::new(config)?, sni })
    }

    /// The handshake is done: data may be sent.
    pub fn is_established(&self) -> bool {
        !self.tls.is_handshaking()
    }

    /// Takes ciphertext. Plaintext goes to `plain`, which must be as long as `input`; answers (handshake, tickets,
    /// alerts) are appended to `out`, after an error too.
    pub fn receive(
        &mut self,
        input: &mut [u8],
        plain: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let mut progress = Progress { used: 0, plain: 0, closed: false };
        loop {
            let UnbufferedStatus { mut discard, state } =
                self.tls.process_tls_records(&mut input[progress.used..]);
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let end = progress.plain + record.payload.len();
                        // Plaintext is shorter than what it came in.
                        let room =
                            plain.get_mut(progress.plain..end).ok_or(Error::PeerSentOversizedRecord)?;
                        room.copy_from_slice(record.payload);
                        progress.plain = end;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, out),
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => progress.closed = true,
                Ok(ConnectionState::Closed) => {
                    progress.used += discard;
                    progress.closed = true;
                    return Ok(progress);
                }
                // Early data is never offered; a state of a later rustls has nothing for us either.
                Ok(_) => {
                    progress.used += discard;
                    return Ok(progress);
                }
                Err(error) => {
                    self.take_answers(out, &mut input[progress.used + discard..]);
                    return Err(error);
                }
            }
            progress.used += discard;
        }
    }

    /// Encrypts into `out`, which has room for it, and returns the length there. `held` is the rest of the input.
    pub fn encrypt(&mut self, plain: &[u8], out: &mut [u8], held: &mut [u8]) -> Result<usize, Error> {
        self.write(held, |traffic| traffic.encrypt(plain, out))
    }

    /// What rustls has to say of its own accord (an alert, a key update), appended to `out`: it comes before new data.
    pub fn take_answers(&mut self, out: &mut Vec<u8>, held: &mut [u8]) {
        // Only as long as there is something: after an error rustls must not look at its input again.
        while self.tls.wants_write() {
            let Ok(ConnectionState::EncodeTlsData(data)) = self.tls.process_tls_records(held).state else {
                return;
            };
            encode(data, out);
        }
    }

    /// Appends the alert that says that nothing more comes.
    pub fn close(&mut self, out: &mut Vec<u8>, held: &mut [u8]) {
        let mut alert = [0; ALERT];
        // Without it the peer sees the end of the stream: the connection is over either way.
        if let Ok(length) = self.write(held, |traffic| traffic.queue_close_notify(&mut alert)) {
            out.extend_from_slice(&alert[..length]);
        }
    }

    fn write(
        &mut self,
        held: &mut [u8],
        write: impl FnOnce(&mut WriteTraffic<'_, ServerConnectionData>) -> Result<usize, EncryptError>,
    ) -> Result<usize, Error> {
        loop {
            match self.tls.process_tls_records(held).state? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    return write(&mut traffic).map_err(|error| Error::General(error.to_string()));
                }
                ConnectionState::TransmitTlsData(data) => data.done(), // what `take_answers` took
                _ => return Err(Error::HandshakeNotComplete),
            }
        }
    }

    /// What the handshake agreed on. The host name is moved out: it is asked for once.
    pub fn take_info(&mut self) -> TlsInfo {
        let tls = &self.tls;
        TlsInfo {
            version: tls.protocol_version().map_or("", suites::version_name),
            cipher: tls
                .negotiated_cipher_suite()
                .map(|cipher| suites::iana_name(cipher.suite()))
                .unwrap_or_default(),
            key_exchange: tls.negotiated_key_exchange_group().map(|group| suites::group_name(group.name())),
            resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
            alpn: tls.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            client_certificate: tls
                .peer_certificates()
                .and_then(<[_]>::first)
                .map(|certificate| ClientCertificate::read(certificate)),
            sni: self.sni.take().map(String::from),
        }
    }
}

fn encode<Data>(mut data: EncodeTlsData<'_, Data>, out: &mut Vec<u8>) {
    let start = out.len();
    // The first attempt is only to ask for the size.
    if let Err(EncodeError::InsufficientSize(size)) = data.encode(&mut []) {
        out.resize(start + size.required_size, 0);
        let written = data.encode(&mut out[start..]).unwrap_or(0);
        out.truncate(start + written);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HostConfig, Identity, Source, TlsConfig, TlsContext};
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};
    use std::io::{Read, Write};
    use std::sync::OnceLock;

    /// One authority that is also the certificate, made once.
    fn pair(
        fragment: usize,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> (ClientConnection, Session) {
        static CERTIFICATE: OnceLock<(KeyPair, rcgen::Certificate)> = OnceLock::new();
        let (key, certificate) = CERTIFICATE.get_or_init(|| {
            let key = KeyPair::generate().unwrap();
            let certificate =
                CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
            (key, certificate)
        });
        let content = |text: String| Source::Content(text.into_bytes());
        let identity =
            Identity::Pem { cert: content(certificate.pem()), key: Some(content(key.serialize_pem())) };
        let host = HostConfig { identity: Some(identity), ..HostConfig::default() };
        let context = TlsContext::load(&TlsConfig { host, ..TlsConfig::default() }).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.max_fragment_size = Some(fragment);
        let name = ServerName::try_from("localhost").unwrap();
        let session = Session::new(Arc::clone(context.choose(None)), None).unwrap();
        (ClientConnection::new(Arc::new(client), name).unwrap(), session)
    }

    /// What a stream does with its session, without a socket.
    struct Peer {
        session: Session,
        held: Vec<u8>,
        seen: Vec<u8>,
        out: Vec<u8>,
    }

    impl Peer {
        fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.held.extend_from_slice(bytes);
            let mut plain = vec![0; self.held.len()];
            let progress = self.session.receive(&mut self.held, &mut plain, &mut self.out)?;
            self.held.drain(..progress.used);
            self.seen.extend_from_slice(&plain[..progress.plain]);
            Ok(())
        }

        /// Everything that may be called at any time.
        fn disturb(&mut self) {
            self.session.take_answers(&mut self.out, &mut self.held);
            if self.session.is_established() {
                let mut record = [0; 600];
                let length = self.session.encrypt(b"x", &mut record, &mut self.held).unwrap();
                self.out.extend_from_slice(&record[..length]);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        /// Small records, cut anywhere; and the same with one byte changed, which may only be an error.
        #[test]
        fn any_cut_works_and_no_change_panics(
            fragment in 32usize..200,
            cut in 1usize..700,
            new in any::<bool>(),
            change in prop::option::of((0usize..1500, 1u8..)),
        ) {
            let version = if new { &rustls::version::TLS13 } else { &rustls::version::TLS12 };
            let (mut client, session) = pair(fragment, version);
            let mut peer = Peer { session, held: Vec::new(), seen: Vec::new(), out: Vec::new() };
            client.writer().write_all(&[7; 1000]).unwrap();
            let mut position = 0;
            let mut outcome = Ok(());
            while outcome.is_ok() && (client.wants_write() || !peer.out.is_empty()) {
                let mut bytes = Vec::new();
                client.write_tls(&mut bytes).unwrap();
                if let Some((place, mask)) = change
                    && let Some(byte) = place.checked_sub(position).and_then(|index| bytes.get_mut(index))
                {
                    *byte ^= mask;
                }
                position += bytes.len();
                for piece in bytes.chunks(cut) {
                    outcome = peer.take(piece);
                    if outcome.is_err() {
                        break;
                    }
                    peer.disturb();
                }
                let mut answers = std::mem::take(&mut peer.out);
                client.read_tls(&mut answers.as_slice()).unwrap();
                if client.process_new_packets().is_err() {
                    break;
                }
                answers.clear();
                let _ = client.reader().read(&mut [0; 4096]);
            }
            if change.is_none() {
                prop_assert!(outcome.is_ok(), "{outcome:?}");
                prop_assert!(peer.session.is_established());
                prop_assert_eq!(peer.seen, [7; 1000]);
            }
        }
    }
}
