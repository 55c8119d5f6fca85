//! Topics: who gets what is published.

use crate::support::{Client, Server, accept};
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig};

/// "+topic" subscribes, "-topic" unsubscribes, "topic:message" publishes to all but the sender.
fn server() -> Server {
    Server::start(ServerConfig::default(), |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } => {
                let text = String::from_utf8(payload).unwrap();
                let answer = if let Some(topic) = text.strip_prefix('+') {
                    driver.subscribe(key, topic).to_string()
                } else if let Some(topic) = text.strip_prefix('-') {
                    driver.unsubscribe(key, topic).to_string()
                } else {
                    let (topic, message) = text.split_once(':').unwrap();
                    driver.publish(topic, Opcode::Text, message.as_bytes(), &[key]).to_string()
                };
                driver.send(key, Opcode::Text, answer.as_bytes());
            }
            Event::Close { key, .. } => {
                assert!(driver.topics(key).is_empty(), "subscriptions end with the connection");
                log.send("gone".to_owned()).unwrap();
            }
            _ => {}
        })
    })
}

fn ask(client: &mut Client, text: &str) -> String {
    client.send(Opcode::Text, text.as_bytes());
    text_of(client)
}

fn text_of(client: &mut Client) -> String {
    String::from_utf8(client.frame().unwrap().payload).unwrap()
}

#[test]
fn subscribers_get_what_is_published_and_others_do_not() {
    let server = server();
    let [mut one, mut two, mut three] = [(); 3].map(|()| server.connect());
    assert_eq!(ask(&mut one, "+news"), "true");
    assert_eq!(ask(&mut one, "+news"), "false");
    assert_eq!(ask(&mut two, "+news"), "true");
    assert_eq!(ask(&mut three, "+sport"), "true");
    assert_eq!(ask(&mut three, "news:first"), "2");
    assert_eq!(text_of(&mut one), "first");
    assert_eq!(text_of(&mut two), "first");
    assert_eq!(ask(&mut one, "news:not to me"), "1");
    assert_eq!(text_of(&mut two), "not to me");
    assert_eq!(ask(&mut two, "-news"), "true");
    assert_eq!(ask(&mut two, "-news"), "false");
    assert_eq!(ask(&mut three, "news:second"), "1");
    assert_eq!(text_of(&mut one), "second");
    drop(one);
    server.next_with("gone");
    assert_eq!(ask(&mut three, "news:nobody"), "0");
    assert_eq!(ask(&mut three, "nowhere:nobody"), "0");
}
