//! Where control connections are accepted.

use super::{Controlled, Place};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use ws_server::net::ListenAddress;
use ws_server::server::{Driver, ServerConfig, StartError};

fn start(control: &[String]) -> Result<Driver<Vec<u8>>, StartError> {
    let parse = |uri: &String| ListenAddress::parse(uri).unwrap();
    let config = ServerConfig {
        listen: vec![ListenAddress::parse("tcp://127.0.0.1:0").unwrap()],
        control: control.iter().map(parse).collect(),
        ..ServerConfig::default()
    };
    Driver::start(config)
}

#[test]
fn a_unix_socket_has_its_mode_and_is_gone_afterwards() {
    let controlled = Controlled::new();
    let path = controlled.place.0.clone();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let addresses = controlled.server.control.clone();
    assert_eq!(addresses[0], format!("unix://{}", path.display()));
    assert!(!addresses[1].ends_with(":0"), "the real port: {addresses:?}");
    drop(controlled.server);
    assert!(!path.exists());
}

#[test]
fn a_stale_socket_is_replaced_and_what_is_none_or_is_served_is_refused() {
    let place = Place::new();
    drop(UnixListener::bind(&place.0).unwrap());
    let driver = start(&[place.uri()]).expect("a stale socket is replaced");
    let error = start(&[place.uri()]).err().expect("another server is there").to_string();
    assert!(error.contains(&place.uri()), "{error}");
    drop(driver);
    std::fs::write(&place.0, "precious").unwrap();
    let error = start(&[place.uri()]).err().expect("it is no socket").to_string();
    assert!(error.contains("exists and is not a socket"), "{error}");
    assert_eq!(std::fs::read(&place.0).unwrap(), b"precious");
}

#[test]
fn on_an_error_nothing_is_left_behind() {
    let (one, two) = (Place::new(), Place::new());
    std::fs::write(&two.0, "precious").unwrap();
    assert!(start(&[one.uri(), two.uri()]).is_err());
    assert!(!one.0.exists());
}

#[test]
fn every_address_is_served() {
    let places = [Place::new(), Place::new()];
    let uris = places.each_ref().map(Place::uri);
    let mut driver = start(&uris).unwrap();
    assert_eq!(driver.control_addresses(), uris);
    let mut streams = places.each_ref().map(|place| {
        let mut stream = std::os::unix::net::UnixStream::connect(&place.0).unwrap();
        std::io::Write::write_all(&mut stream, b"0p").unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    });
    let mut answered = [false; 2];
    while answered != [true; 2] {
        driver.wait(Some(std::time::Duration::from_millis(20)), &mut Vec::new()).unwrap();
        driver.flush();
        for (stream, answered) in streams.iter_mut().zip(&mut answered) {
            let mut answer = [0; 2];
            *answered |=
                std::io::Read::read(stream, &mut answer).is_ok_and(|count| answer[..count] == *b"0P");
        }
    }
    assert_eq!(driver.control_connections(), 2);
}
