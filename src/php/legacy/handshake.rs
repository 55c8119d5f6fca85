//! From the upgrade request to `ws_server_open`.

use super::closing::Farewell;
use super::face::LegacyFace;
use super::mirror::{State, Update};
use crate::net::tls::TlsInfo;
use crate::php::call::Ending;
use crate::php::client::Phase;
use crate::php::running;
use crate::php::shim::Outcome;
use crate::php::value::Value;
use crate::protocol::{Accept, Request};
use crate::server::ConnKey;

impl LegacyFace {
    /// Asks `ws_server_authenticate`, but only about clients that send a cookie and a user agent.
    pub(super) fn request(
        &self,
        key: ConnKey,
        request: Box<Request>,
        tls: Option<Box<TlsInfo>>,
    ) -> Result<(), Ending> {
        let Some(known) = running::client(key) else { return Ok(()) };
        let id = known.id;
        running::with(|running| known.requested(request, &running.access));
        known.set_tls(tls);
        let Some(request) = known.request() else { return Ok(()) };
        let (Some(cookie), Some(user_agent)) = (request.cookie(), request.user_agent()) else {
            let missing = if request.cookie().is_none() { "Cookie" } else { "User-Agent" };
            log::info!("client {id} refused: no {missing} header");
            return self.leave(id, Farewell::Refuse(403)).map(drop);
        };
        let Some(client) = self.client(id) else { return Ok(()) };
        let peer_name = client.peer.to_string();
        let address = peer_name.rsplit_once(':').map_or(peer_name.as_str(), |(address, _)| address);

        let arguments = [Value::string(cookie), Value::string(user_agent), Value::string(address.as_bytes())];
        let [cookie, user_agent, address] = arguments;
        let element = self.element(id)?;
        let (outcome, welcome) =
            self.callbacks.authenticate.call_for_truth(&mut [element, cookie, user_agent, address]);
        self.settle(outcome, Some(id))?;
        if outcome != Outcome::Returned {
            return Ok(());
        }
        if !welcome {
            log::info!("client {id} refused: not authenticated");
            return self.leave(id, Farewell::Refuse(403)).map(drop);
        }
        self.accept(id, key, request)
    }

    fn accept(&self, id: i64, key: ConnKey, request: &Request) -> Result<(), Ending> {
        let accept = Accept {
            subprotocol: request.choose_subprotocol(&self.subprotocols).map(str::to_owned),
            ..Accept::default()
        };
        // `ws_server_authenticate` may have closed it, and the peer may be gone; the events about that follow.
        let accepted = running::with(|running| {
            running.clients.id(key).is_some() && matches!(running.driver.accept(key, &accept), Ok(true))
        });
        if accepted != Some(true) {
            return Ok(());
        }
        if let Some(client) = running::client(key) {
            client.set_subprotocol(accept.subprotocol.as_deref());
            client.set_phase(Phase::Open);
        }
        self.change(id, |client| client.state = State::Open);
        self.mirror.update(id, Update { state: Some(State::Open), buffer: true, ..Update::default() })?;
        let Some(open) = &self.callbacks.open else { return Ok(()) };
        let element = self.element(id)?;
        let outcome = open.call(&mut [self.mirror.all(), element, Value::long(id)]);
        self.settle(outcome, Some(id))
    }
}
