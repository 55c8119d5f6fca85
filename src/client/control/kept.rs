//! Connections that wait for the next call. They belong to the thread, and outlive the client that opened them: a worker of
//! PHP-FPM makes a new client for each request.

use super::client::ControlSettings;
use super::connection::ControlConnection;
use std::cell::RefCell;

/// More are not kept: the one that has rested longest is closed.
const MOST: usize = 16;

struct Kept {
    uri: String,
    secret: Option<Vec<u8>>,
    connection: ControlConnection,
}

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// A connection to this server with this secret, where one was kept; whoever takes it has it alone.
pub fn take(settings: &ControlSettings) -> Option<ControlConnection> {
    KEPT.with_borrow_mut(|kept| {
        let same = |kept: &Kept| kept.uri == settings.uri && kept.secret == settings.secret;
        let index = kept.iter().position(same)?;
        let connection = kept.remove(index).connection;
        // A forked child closes its copy, which does nothing to the parent's connection.
        connection.is_ours().then_some(connection)
    })
}

/// Keeps a connection whose last exchange went well.
pub fn put(settings: &ControlSettings, connection: ControlConnection) {
    // A call inside another one's generator has connected for itself: one of the two is enough.
    drop(take(settings));
    let kept = Kept { uri: settings.uri.clone(), secret: settings.secret.clone(), connection };
    KEPT.with_borrow_mut(|all| {
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(kept);
    });
}
