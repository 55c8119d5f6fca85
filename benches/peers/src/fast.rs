//! fastwebsockets, behind hyper.

use bytes::Bytes;
use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, Payload, WebSocketError, upgrade};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::broadcast::Sender;

pub async fn serve(stream: TcpStream, everyone: Sender<Bytes>) {
    let service = service_fn(move |request| answer(request, everyone.clone()));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = connection.with_upgrades().await;
}

async fn answer(mut request: Request<Incoming>, everyone: Sender<Bytes>) -> Result<Response<Empty<Bytes>>, WebSocketError> {
    let (response, socket) = upgrade::upgrade(&mut request)?;
    tokio::spawn(async move {
        let _ = converse(socket, everyone).await;
    });
    Ok(response)
}

async fn converse(socket: upgrade::UpgradeFut, everyone: Sender<Bytes>) -> Result<(), WebSocketError> {
    let (reader, mut writer) = socket.await?.split(tokio::io::split);
    let mut reader = FragmentCollectorRead::new(reader);
    let mut news = everyone.subscribe();
    let mut no_answer = |_| async { Ok::<(), WebSocketError>(()) };
    loop {
        tokio::select! {
            frame = reader.read_frame(&mut no_answer) => {
                let frame = frame?;
                match frame.opcode {
                    OpCode::Text if frame.payload.first() == Some(&b'B') => {
                        let _ = everyone.send(Bytes::copy_from_slice(&frame.payload));
                    }
                    OpCode::Text | OpCode::Binary => writer.write_frame(frame).await?,
                    OpCode::Close => return writer.write_frame(Frame::close(1000, b"")).await,
                    _ => {}
                }
            }
            text = news.recv() => {
                let Ok(text) = text else { return Ok(()) };
                writer.write_frame(Frame::text(Payload::Borrowed(&text))).await?;
            }
        }
    }
}
