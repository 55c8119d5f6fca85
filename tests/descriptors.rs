//! Running out of descriptors. A process of its own: the limit is the whole process's.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use ws_server::net::ListenAddress;
use ws_server::server::{Driver, Event, ServerConfig};

const LIMIT: u64 = 100;

fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

#[test]
fn accepting_stops_while_descriptors_are_short_and_goes_on_afterwards() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(LIMIT / 2), maximum: Some(LIMIT) }).unwrap();
    let config = ServerConfig {
        listen: vec![ListenAddress::parse("tcp://127.0.0.1:0").unwrap()],
        ..ServerConfig::default()
    };
    let mut driver: Driver<Vec<u8>> = Driver::start(config).unwrap();
    assert_eq!(
        (driver.descriptor_limit().before, driver.descriptor_limit().now),
        (Some(LIMIT / 2), Some(LIMIT))
    );
    let address = driver.addresses()[0].trim_start_matches("tcp://").to_owned();

    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.pop(); // for the client's own socket
    let mut client = connect(&address);

    let mut events = Vec::new();
    while !events.iter().any(|event| matches!(event, Event::Trouble { .. })) {
        driver.wait(None, &mut events).unwrap();
    }
    let Some(Event::Trouble { what }) = events.first() else { panic!("{events:?}") };
    assert!(what.starts_with("accepting stops"), "{what}");
    assert_eq!(driver.connections(), 0);

    files.truncate(files.len() - 2);
    events.clear();
    // No new event of the kernel's: the back-off itself must look again.
    while driver.connections() == 0 {
        driver.wait(None, &mut events).unwrap();
    }
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    while !events.iter().any(|event| matches!(event, Event::Close { .. })) {
        driver.wait(None, &mut events).unwrap();
    }
    driver.flush();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 "), "the connection is served");
}
