//! The four parameters: offered by a client, answered by a server, verified by the client (RFC 7692 §7.1).

use std::fmt;

use super::{Compression, MAX_WINDOW_BITS, MIN_WINDOW_BITS};
use crate::protocol::ExtensionOffer;

/// One offer, or the answer to it. Written out, it is an element of `Sec-WebSocket-Extensions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::protocol) struct Params {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    pub(super) client_max_window_bits: Option<ClientBits>,
}

/// The value of `client_max_window_bits`, which an offer need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientBits {
    /// "The client supports the parameter", and nothing about its window.
    Supported,
    Max(u8),
}

impl Params {
    /// RFC 7692 §7: "The registered extension token for this extension is "permessage-deflate"."
    pub(in crate::protocol) const NAME: &str = "permessage-deflate";

    /// `None` for another extension, and for everything that §7.1 has a server decline: "a parameter not defined for use in
    /// an offer", "an invalid value", "multiple extension parameters with the same name".
    pub(in crate::protocol) fn parse(offer: &ExtensionOffer) -> Option<Params> {
        if offer.name != Params::NAME {
            return None;
        }
        let mut params = Params::default();
        for (name, value) in &offer.params {
            let value = value.as_deref();
            let repeated = match name.as_str() {
                "server_no_context_takeover" => {
                    no_value(value)?;
                    std::mem::replace(&mut params.server_no_context_takeover, true)
                }
                "client_no_context_takeover" => {
                    no_value(value)?;
                    std::mem::replace(&mut params.client_no_context_takeover, true)
                }
                "server_max_window_bits" => {
                    params.server_max_window_bits.replace(window_bits(value?)?).is_some()
                }
                "client_max_window_bits" => {
                    let bits = match value {
                        Some(value) => ClientBits::Max(window_bits(value)?),
                        None => ClientBits::Supported,
                    };
                    params.client_max_window_bits.replace(bits).is_some()
                }
                _ => return None,
            };
            if repeated {
                return None;
            }
        }
        Some(params)
    }

    /// The server's answer to the first of `offers` that it can accept. RFC 7692 §5.1: "the order of elements in the list of
    /// the PMCE negotiation offers is … preference".
    pub(in crate::protocol) fn negotiate(
        offers: &[ExtensionOffer],
        compression: &Compression,
    ) -> Option<Params> {
        offers.iter().find_map(Params::parse).map(|offer| offer.answer(compression))
    }

    /// A client's offer.
    pub(in crate::protocol) fn offer(compression: &Compression) -> Params {
        let kept = compression.kept();
        let limited = compression.window_bits < MAX_WINDOW_BITS;
        Params {
            server_no_context_takeover: !kept.receive,
            client_no_context_takeover: !kept.send,
            server_max_window_bits: limited.then_some(compression.window_bits),
            // RFC 7692 §7.1.2.2: without it, the server could not limit the client's window.
            client_max_window_bits: Some(if kept.send_bits < MAX_WINDOW_BITS {
                ClientBits::Max(kept.send_bits)
            } else {
                ClientBits::Supported
            }),
        }
    }

    /// Whether a server may answer this offer so. What is wrong otherwise: RFC 7692 §7.1 has the client fail the connection.
    pub(in crate::protocol) fn verify(&self, answer: &Params) -> Result<(), &'static str> {
        // §7.1.1.1: "A server accepts … by including the "server_no_context_takeover" extension parameter"
        if self.server_no_context_takeover && !answer.server_no_context_takeover {
            return Err("server_no_context_takeover was not answered");
        }
        // §7.1.2.1: "by including the "server_max_window_bits" extension parameter … with the same or smaller value as the offer"
        if let Some(most) = self.server_max_window_bits
            && answer.server_max_window_bits.is_none_or(|bits| bits > most)
        {
            return Err("server_max_window_bits was not answered, or with a larger value");
        }
        // §7.1.2.2: "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter, the
        // corresponding extension negotiation response to the offer MUST NOT include" it; in a response it has a value.
        match (self.client_max_window_bits, answer.client_max_window_bits) {
            (_, None) => Ok(()),
            (None, Some(_)) => Err("client_max_window_bits was not offered"),
            (Some(_), Some(ClientBits::Supported)) => Err("client_max_window_bits without a value"),
            (Some(ClientBits::Max(most)), Some(ClientBits::Max(bits))) if bits > most => {
                Err("client_max_window_bits is larger than offered")
            }
            _ => Ok(()),
        }
    }

    /// The window of a client that was answered so.
    pub(super) fn client_bits(&self) -> u8 {
        match self.client_max_window_bits {
            Some(ClientBits::Max(bits)) => bits,
            _ => MAX_WINDOW_BITS,
        }
    }

    fn answer(&self, compression: &Compression) -> Params {
        let kept = compression.kept();
        let server_no_context_takeover = self.server_no_context_takeover || !kept.send;
        let most = if server_no_context_takeover { compression.window_bits } else { kept.send_bits };
        let bits = self.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS).min(most);
        let limited = self.server_max_window_bits.is_some() || bits < MAX_WINDOW_BITS;
        Params {
            server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover || !kept.receive,
            server_max_window_bits: limited.then_some(bits),
            // Only a client that has offered it understands it. A window that the client limits by itself needs no answer.
            client_max_window_bits: (self.client_max_window_bits.is_some()
                && compression.window_bits < MAX_WINDOW_BITS)
                .then(|| ClientBits::Max(self.client_bits().min(compression.window_bits))),
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Params::NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        match self.client_max_window_bits {
            None => Ok(()),
            Some(ClientBits::Supported) => f.write_str("; client_max_window_bits"),
            Some(ClientBits::Max(bits)) => write!(f, "; client_max_window_bits={bits}"),
        }
    }
}

/// `server_no_context_takeover` and `client_no_context_takeover`: "This extension parameter has no value."
fn no_value(value: Option<&str>) -> Option<()> {
    value.is_none().then_some(())
}

/// RFC 7692 §7.1.2.1: "The value of this extension parameter … MUST be a decimal integer without leading zeroes between 8 to
/// 15 inclusive".
fn window_bits(value: &str) -> Option<u8> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    let bits = value.parse().ok().filter(|_| digits)?;
    (MIN_WINDOW_BITS..=MAX_WINDOW_BITS).contains(&bits).then_some(bits)
}
