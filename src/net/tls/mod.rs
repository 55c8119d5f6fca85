//! TLS 1.2 and 1.3 for listeners, with rustls.
//!
//! | file | noun |
//! |---|---|
//! | `config` | [`TlsConfig`]: what the `tls` option says |
//! | `source`, `error` | a file or its content; [`TlsError`]: what is wrong with it, by option |
//! | `certificate`, `key`, `pkcs12` | our certificate chain and its key |
//! | `clients` | how clients' certificates are verified |
//! | `suites` | cipher suites, groups and protocol versions by their usual names |
//! | `keylog` | the file that lets others decrypt |
//! | `context`, `keyring` | everything loaded, by host; the one that new connections get |
//! | `watcher` | takes up changed files |
//! | `session`, `stream` | one connection: records, and the socket under them |
//! | `alert` | [`Alert`]: what clients are told that are not served |
//! | `info` | [`TlsInfo`]: what a handshake agreed on, for the application |

mod alert;
mod certificate;
mod clients;
mod config;
mod context;
mod error;
mod info;
mod key;
mod keylog;
mod keyring;
mod pkcs12;
mod session;
mod source;
mod stream;
mod suites;
mod watcher;

pub use alert::Alert;
pub use config::{HostConfig, Identity, Passphrase, TlsConfig, VerifyClient};
pub use context::TlsContext;
pub use error::TlsError;
pub use info::{ClientCertificate, TlsInfo};
pub use keyring::Keyring;
pub use source::Source;
pub use stream::{TlsStream, TlsWork};
pub use suites::{CIPHERS, GROUPS, PROTOCOLS, Protocol, cipher_named, group_named};
pub use watcher::Watcher;
