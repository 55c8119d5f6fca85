//! tokio-tungstenite.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast::Sender;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

pub async fn serve(stream: TcpStream, everyone: Sender<Bytes>) {
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (mut sink, mut messages) = socket.split();
    let mut news = everyone.subscribe();
    loop {
        let done = tokio::select! {
            message = messages.next() => match message {
                Some(Ok(Message::Text(text))) if text.starts_with('B') => {
                    let _ = everyone.send(text.into());
                    Ok(())
                }
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => sink.send(message).await,
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return,
                // It answers pings by itself.
                Some(Ok(_)) => Ok(()),
            },
            text = news.recv() => match text.map(Utf8Bytes::try_from) {
                Ok(Ok(text)) => sink.send(Message::Text(text)).await,
                _ => return,
            },
        };
        if done.is_err() {
            return;
        }
    }
}
