//! The pid file of a server.

use std::path::PathBuf;
use ws_server::net::ListenAddress;
use ws_server::server::{Driver, FifoConfig, FifoFraming, ServerConfig, StartError};

fn config(folder: &std::path::Path) -> ServerConfig {
    ServerConfig {
        listen: vec![ListenAddress::parse("tcp://127.0.0.1:0").unwrap()],
        pid: Some(folder.join("pid")),
        fifo: Some(FifoConfig { path: folder.join("fifo"), mode: 0o660, framing: FifoFraming::Auto }),
        io_threads: std::env::var("WS_IO_THREADS").map_or(0, |count| count.parse().unwrap()),
        ..ServerConfig::default()
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ws-server-pid-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_second_server_is_refused_before_it_touches_anything_of_the_first() {
    let folder = folder("second");
    let first = Driver::<Vec<u8>>::start(config(&folder)).unwrap();
    let fifo = std::fs::metadata(folder.join("fifo")).unwrap();
    let error = Driver::<Vec<u8>>::start(config(&folder)).err().expect("it is refused");
    let pid = std::process::id();
    assert_eq!(
        error.to_string(),
        format!("a server is running already, as process {pid} (pid file {}/pid)", folder.display())
    );
    assert!(matches!(error, StartError::PidFile { .. }));
    use std::os::unix::fs::MetadataExt;
    assert_eq!(std::fs::metadata(folder.join("fifo")).unwrap().ino(), fifo.ino());
    drop(first);
    assert!(!folder.join("pid").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_that_cannot_listen_leaves_no_file() {
    let folder = folder("busy");
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", busy.local_addr().unwrap());
    let config = ServerConfig { listen: vec![ListenAddress::parse(&address).unwrap()], ..config(&folder) };
    assert!(matches!(Driver::<Vec<u8>>::start(config), Err(StartError::Listen { .. })));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir_all(folder).unwrap();
}
