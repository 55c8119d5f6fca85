//! Servers of others, doing what ours do in the bench: a message comes back; one that begins with "B" goes to everyone.
//!
//!     peers fastwebsockets|tungstenite PORT
//!
//! Each runs on one thread, as ours does, and is written as its documentation shows.

mod fast;
mod tungstenite;

use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// Messages that may wait for a receiver that is behind.
const BEHIND: usize = 16 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, kind, port] = arguments.as_slice() else { panic!("usage: peers fastwebsockets|tungstenite PORT") };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    let (everyone, _) = broadcast::channel::<bytes::Bytes>(BEHIND);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).expect("a TCP socket");
        match kind.as_str() {
            "fastwebsockets" => drop(tokio::spawn(fast::serve(stream, everyone.clone()))),
            "tungstenite" => drop(tokio::spawn(tungstenite::serve(stream, everyone.clone()))),
            other => panic!("there is no {other}"),
        }
    }
}
