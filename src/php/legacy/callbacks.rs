//! The application's functions, looked up once.

use crate::php::call::Callback;

/// Every callback that may be defined; what is absent is skipped.
pub struct Callbacks {
    /// The one that must be there.
    pub authenticate: Callback,
    pub started: Option<Callback>,
    pub fifo: Option<Callback>,
    pub turn: Option<Callback>,
    pub connect: Option<Callback>,
    pub read: Option<DataCallback>,
    pub open: Option<Callback>,
    pub text: Option<DataCallback>,
    pub binary: Option<DataCallback>,
    pub ping: Option<DataCallback>,
    pub pong: Option<DataCallback>,
    pub drain: Option<Callback>,
    pub before_close: Option<Callback>,
    pub after_close: Option<Callback>,
    pub error: Option<Callback>,
    pub shutdown: Option<Callback>,
    /// Of `php/legacy`: the server listens.
    pub serving: Option<Callback>,
    /// Of `php/legacy`: are there child processes left that the end must wait for?
    pub lingers: Option<Callback>,
}

impl Callbacks {
    /// `Err` names the function that is missing.
    pub fn find() -> Result<Callbacks, &'static str> {
        const AUTHENTICATE: &str = "ws_server_authenticate";
        Ok(Callbacks {
            authenticate: Callback::function(AUTHENTICATE).ok_or(AUTHENTICATE)?,
            started: Callback::function("ws_server_started"),
            fifo: Callback::function("ws_server_fifo"),
            turn: Callback::function("ws_server_loop"),
            connect: Callback::function("ws_server_connect"),
            read: DataCallback::function("ws_server_read"),
            open: Callback::function("ws_server_open"),
            text: DataCallback::function("ws_server_text"),
            binary: DataCallback::function("ws_server_binary"),
            ping: DataCallback::function("ws_server_ping"),
            pong: DataCallback::function("ws_server_pong"),
            drain: Callback::function("ws_server_drain"),
            before_close: Callback::function("ws_server_before_close"),
            after_close: Callback::function("ws_server_after_close"),
            error: Callback::function("ws_server_error"),
            shutdown: Callback::function("ws_server_shutdown"),
            serving: Callback::function("WsLegacy\\serving"),
            lingers: Callback::function("WsLegacy\\lingers"),
        })
    }
}

/// A callback that gets data of a connection, in one of two forms. The legacy code passed `$client_key` in front of
/// the data; its README shows the function without. The number of declared parameters tells which one was believed.
pub struct DataCallback {
    pub callback: Callback,
    /// Three parameters: `(&$connections, &$connection, $data)`.
    pub as_documented: bool,
}

impl DataCallback {
    fn function(name: &str) -> Option<DataCallback> {
        let callback = Callback::function(name)?;
        let as_documented = callback.parameters() == 3 && !callback.is_variadic();
        Some(DataCallback { callback, as_documented })
    }

    pub fn takes_data_by_reference(&self) -> bool {
        self.callback.takes_reference(if self.as_documented { 2 } else { 3 })
    }
}
