use super::*;

fn parse(name: &str, value: OptionValue) -> Result<ServerOptions, ConfigError> {
    ServerOptions::parse(vec![(name.to_owned(), value)])
}

fn text(value: &str) -> OptionValue {
    OptionValue::Str(value.to_owned())
}

#[test]
fn defaults_are_those_of_the_documented_table() {
    let ServerOptions { config, log, log_level, slow_callback } = ServerOptions::parse(Vec::new()).unwrap();
    assert_eq!(config.listen[0].to_string(), "tcp://127.0.0.1:8080");
    assert_eq!((config.backlog, config.max_connections, config.fifo), (4096, None, None));
    assert_eq!((config.max_buffered, config.slow_client), (1 << 20, SlowClient::Close));
    assert_eq!(
        (config.send_timeout, config.tick_interval),
        (Duration::from_secs(30), Duration::from_millis(200))
    );
    assert!(config.tcp.nodelay);
    let protocol = config.protocol;
    assert_eq!((protocol.max_message_size, protocol.max_frame_size), (1 << 20, 1 << 20));
    assert_eq!(protocol.max_handshake_size, 16 << 10);
    let seconds = [
        protocol.handshake_timeout,
        protocol.ping_interval,
        protocol.ping_timeout,
        protocol.idle_timeout,
        protocol.close_timeout,
    ]
    .map(|duration| duration.as_secs());
    assert_eq!(seconds, [5, 25, 20, 0, 5]);
    assert_eq!((log, log_level), (Some(LogTarget::Stderr), log::LevelFilter::Info));
    assert_eq!(slow_callback, Duration::from_secs(1));
    assert_eq!((config.metrics, config.stall_after), (None, Duration::from_secs(10)));
}

#[test]
fn values_arrive() {
    let config =
        parse("listen", OptionValue::List(vec![text("tcp://[::1]:0"), text("fd://3")])).unwrap().config;
    assert_eq!(config.listen, [ListenAddress::Tcp { host: "::1".into(), port: 0 }, ListenAddress::Fd(3)]);
    assert_eq!(
        parse("ping_interval", OptionValue::Float(0.5)).unwrap().config.protocol.ping_interval.as_millis(),
        500
    );
    assert_eq!(parse("listen", OptionValue::List(vec![])).unwrap().config.listen, []);
    assert_eq!(parse("max_connections", OptionValue::Null).unwrap().config.max_connections, None);
    assert_eq!(parse("log", OptionValue::Null).unwrap().log, None);
    let keepalive = OptionValue::Map(vec![
        ("time".into(), OptionValue::Int(60)),
        ("retries".into(), OptionValue::Int(4)),
    ]);
    let tcp =
        OptionValue::Map(vec![("keepalive".into(), keepalive), ("nodelay".into(), OptionValue::Bool(false))]);
    let tcp = parse("tcp", tcp).unwrap().config.tcp;
    assert_eq!((tcp.nodelay, tcp.keepalive.unwrap().retries), (false, Some(4)));
}

#[test]
fn access_rules_arrive() {
    let list = |items: &[&str]| OptionValue::List(items.iter().map(|item| text(item)).collect());
    let access = parse("deny", list(&["10.0.0.0/8", "::1"])).unwrap().config.access;
    assert_eq!(access.deny, ["10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()));
    assert_eq!(parse("origins", text("same")).unwrap().config.access.origins, Origins::Same);
    let listed = parse("origins", list(&["https://a.example/"])).unwrap().config.access.origins;
    assert_eq!(listed, Origins::Listed(vec!["https://a.example".to_owned()]));
    assert_eq!(parse("message_rate", OptionValue::Float(2.5)).unwrap().config.access.message_rate, 2.5);
}

#[test]
fn the_fifo_is_made_of_three_options() {
    let options = vec![
        ("fifo_framing".into(), text("line")),
        ("fifo".into(), text("/run/f")),
        ("fifo_mode".into(), text("0640")),
    ];
    let fifo = ServerOptions::parse(options).unwrap().config.fifo.unwrap();
    assert_eq!(fifo, FifoConfig { path: "/run/f".into(), mode: 0o640, framing: FifoFraming::Line });
}

#[test]
fn an_error_names_the_option_and_what_is_wrong() {
    use OptionValue::{Bool, Float, Int, List, Map, Null};
    for (name, value, problem) in [
        ("no_such_option", Int(1), "is unknown"),
        ("listen", Int(1), "must be a string or a list of strings, int given"),
        ("listen", text("tcp://x"), "is wrong: \"tcp://x\": the port is missing"),
        ("listen", List(vec![Int(3)]), "must be a list of strings"),
        ("backlog", text("5"), "must be an int, string given"),
        ("backlog", Int(-1), "must not be negative"),
        ("max_message_size", Int(0), "must be greater than 0"),
        ("max_connections", Float(1.5), "must be an int, float given"),
        ("ping_interval", Bool(true), "must be a number of seconds, bool given"),
        ("ping_interval", Float(-0.1), "must be a number of seconds from 0 to"),
        ("ping_interval", Float(f64::NAN), "must be a number of seconds from 0 to"),
        ("io_threads", Int(65), "must be from 0 to 64"),
        ("tick_interval", Int(0), "must be greater than 0"),
        ("fifo", text(""), "must not be empty"),
        ("fifo", text("a\0b"), "NUL"),
        ("pid", text(""), "must not be empty"),
        ("pid", Int(5), "must be a string"),
        ("fifo_mode", text("999"), "permission bits"),
        ("fifo_mode", Int(0o1777), "permission bits"),
        ("slow_client", text("wait"), "must be \"close\" or \"drop\""),
        ("server_header", text("a\r\nX: y"), "control characters"),
        ("reuse_port", Null, "must be a bool, null given"),
        ("origins", text("example.com"), "is wrong: \"example.com\" is no origin"),
        ("allow", text("10.0.0.0/33"), "is wrong: \"10.0.0.0/33\" is no address"),
        ("message_rate", Float(-1.0), "must be from 0 to"),
        ("message_rate", text("5"), "must be a number, string given"),
        ("tcp", Int(1), "must be an array with named members, int given"),
        ("metrics", List(vec![text("tcp://a:1"), text("tcp://b:2")]), "must be a string, array given"),
        ("metrics", text("127.0.0.1:9100"), "is wrong: \"127.0.0.1:9100\": an address has the form"),
        ("metrics", text("tls://127.0.0.1:9100"), "must be a tcp:// or unix:// address"),
        ("metrics", text("systemd"), "must be a tcp:// or unix:// address"),
        ("stall_after", Int(0), "must be greater than 0"),
    ] {
        let error = parse(name, value).unwrap_err();
        assert_eq!(error.option, name);
        assert!(error.problem.contains(problem), "{error}");
    }
    let error = parse("tcp", Map(vec![("nodelay".into(), Int(1))])).unwrap_err();
    assert_eq!(error.to_string(), "option \"tcp.nodelay\" must be a bool, int given");
    let error = parse("tcp", Map(vec![("fast".into(), Int(1))])).unwrap_err();
    assert_eq!(error.to_string(), "option \"tcp.fast\" is unknown");
}

#[test]
fn what_an_option_has_come_to_can_be_given_again() {
    let options = [
        ("listen", OptionValue::List(vec![text("tcp://127.0.0.1:9000"), text("unix:///run/x.sock")])),
        ("backlog", OptionValue::Int(7)),
        ("reuse_port", OptionValue::Bool(true)),
        ("max_connections", OptionValue::Int(9)),
        ("fifo", text("/run/fifo")),
        ("fifo_mode", OptionValue::Int(0o600)),
        ("fifo_framing", text("line")),
        ("control", OptionValue::List(vec![text("unix:///run/control.sock"), text("tcp://127.0.0.1:9001")])),
        ("domains", OptionValue::List(vec![text("a.example"), text("b.example:81")])),
        ("pid", text("/run/ws.pid")),
        ("io_threads", OptionValue::Int(2)),
        ("tick_interval", OptionValue::Float(0.5)),
        ("max_message_size", OptionValue::Int(1000)),
        ("max_frame_size", OptionValue::Int(999)),
        ("max_handshake_size", OptionValue::Int(4096)),
        ("max_buffered", OptionValue::Int(5)),
        ("slow_client", text("drop")),
        ("send_timeout", OptionValue::Float(1.5)),
        ("handshake_timeout", OptionValue::Float(2.5)),
        ("ping_interval", OptionValue::Float(3.5)),
        ("ping_timeout", OptionValue::Float(4.5)),
        ("idle_timeout", OptionValue::Float(5.5)),
        ("close_timeout", OptionValue::Float(6.5)),
        ("subprotocols", OptionValue::List(vec![text("chat")])),
        ("server_header", text("ws")),
        ("buffer_messages", OptionValue::Bool(false)),
        ("max_out_frame", OptionValue::Int(100)),
        ("origins", OptionValue::List(vec![text("https://example.com")])),
        ("allow", OptionValue::List(vec![text("10.0.0.0/8")])),
        ("deny", OptionValue::List(vec![text("10.1.0.0/16")])),
        ("trusted_proxies", OptionValue::List(vec![text("127.0.0.1/32")])),
        ("max_connections_per_ip", OptionValue::Int(3)),
        ("handshake_rate_per_ip", OptionValue::Float(4.0)),
        ("message_rate", OptionValue::Float(5.0)),
        ("log", text("/var/log/ws")),
        ("log_level", text("warning")),
        ("slow_callback", OptionValue::Float(0.25)),
        ("metrics", text("tcp://127.0.0.1:9100")),
        ("stall_after", OptionValue::Float(2.5)),
    ];
    let given = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let parsed = ServerOptions::parse(given).unwrap();
    for (name, value) in options {
        assert_eq!(parsed.value(name), Some(value), "{name}");
        let default = ServerOptions::default().value(name).unwrap();
        // An absent FIFO has no mode of its own to be given.
        assert_eq!(parse(name, default.clone()).unwrap().value(name), Some(default), "{name}");
    }
    let tcp = ServerOptions::default().value("tcp").unwrap();
    assert_eq!(parse("tcp", tcp.clone()).unwrap().value("tcp"), Some(tcp));
    assert_eq!(parsed.value("no_such_option"), None);
}
