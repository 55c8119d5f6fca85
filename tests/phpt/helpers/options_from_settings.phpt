--TEST--
Options from the settings: legacy keys, typed values, own names first, problems named
--DESCRIPTION--
Preserves: the legacy keys, as strings. New: every option as WEBSOCKET_....
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/options.php';
function show(array $values): void
{
    $parsed = new WsLegacy\Options($values);
    echo json_encode($parsed->options, JSON_UNESCAPED_SLASHES), "\n";
    foreach ($parsed->problems as $problem) {
        echo "  problem: $problem\n";
    }
    foreach ($parsed->unknown as $key) {
        echo "  unknown: $key\n";
    }
}
$legacy = ['WEBSOCKET_LISTENING_ADDRESS' => 'localhost', 'WEBSOCKET_LISTENING_PORT' => '50000', 'WEBSOCKET_SELECT_TIMEOUT' => '200000',
    'WEBSOCKET_SERVER_HEADER' => 'SimplePHPWS', 'WEBSOCKET_XHR_PIPE_FILE' => '/run/ws', 'WEBSOCKET_EVENTS_INCLUDE_FILE' => '/e.php',
    'WEBSOCKET_LOG_PATH' => '/l/', 'WEBSOCKET_CONNECTION_TIMEOUT_SEC' => '5', 'WEBSOCKET_ENABLE' => '1', 'DB_HOST' => 'x'];
show($legacy);
show(['WEBSOCKET_LISTEN' => 'tcp://[::1]:1, unix:///run/s', 'WEBSOCKET_FIFO' => '/f', 'WEBSOCKET_TICK_INTERVAL' => '0.5', 'WEBSOCKET_PING_TIMEOUT' => '7'] + $legacy);
foreach (['::1', '[::1]', '0.0.0.0'] as $address) {
    show(['WEBSOCKET_LISTENING_ADDRESS' => $address, 'WEBSOCKET_LISTENING_PORT' => '0']);
}
show(['WEBSOCKET_SELECT_TIMEOUT' => '0']);
show(['WEBSOCKET_FIFO_MODE' => '0660', 'WEBSOCKET_REUSE_PORT' => 'yes', 'WEBSOCKET_MAX_BUFFERED' => '4096', 'WEBSOCKET_ORIGINS' => 'same',
    'WEBSOCKET_COMPRESSION' => '{"level":6}', 'WEBSOCKET_TCP' => '{"nodelay":true}', 'WEBSOCKET_ALLOW' => '10.0.0.0/8,::1', 'WEBSOCKET_LOG' => '']);
show(['WEBSOCKET_TOKENS' => '{"secret":"s","cookies":{"user":null}}']);
show(['WEBSOCKET_ORIGINS' => 'https://a.example https://b.example', 'WEBSOCKET_COMPRESSION' => 'on']);
show(['WEBSOCKET_LISTENING_ADDRESS' => 'x', 'WEBSOCKET_LISTENING_PORT' => '70000', 'WEBSOCKET_FIFO_MODE' => 'rw', 'WEBSOCKET_REUSE_PORT' => 'maybe',
    'WEBSOCKET_MAX_BUFFERED' => '1M', 'WEBSOCKET_TICK_INTERVAL' => '-1', 'WEBSOCKET_TLS' => '{', 'WEBSOCKET_TOKENS' => '{"secret":"s3cret"', 'WEBSOCKET_TYPO' => '1', 'WEBSOCKET_backlog' => '1']);
?>
--EXPECT--
{"listen":["tcp://localhost:50000"],"tick_interval":0.2,"fifo":"/run/ws","ping_timeout":5,"server_header":"SimplePHPWS"}
{"listen":["tcp://[::1]:1","unix:///run/s"],"fifo":"/f","tick_interval":0.5,"ping_timeout":7,"server_header":"SimplePHPWS"}
{"listen":["tcp://[::1]:0"]}
{"listen":["tcp://[::1]:0"]}
{"listen":["tcp://0.0.0.0:0"]}
{"tick_interval":0.001}
{"fifo_mode":432,"reuse_port":true,"max_buffered":4096,"origins":"same","compression":{"level":6},"tcp":{"nodelay":true},"allow":["10.0.0.0/8","::1"],"log":null}
{"tokens":{"secret":"s","cookies":{"user":null}}}
{"origins":["https://a.example","https://b.example"],"compression":true}
[]
  problem: WEBSOCKET_LISTENING_PORT must be a number from 0 to 65535, not "70000"
  problem: WEBSOCKET_FIFO_MODE must be an octal mode such as 0660, not "rw"
  problem: WEBSOCKET_REUSE_PORT must be 1 or 0, not "maybe"
  problem: WEBSOCKET_MAX_BUFFERED must be a whole number, not "1M"
  problem: WEBSOCKET_TICK_INTERVAL must be a number of seconds, not "-1"
  problem: WEBSOCKET_TLS must be JSON such as {"name":"value"}
  problem: WEBSOCKET_TOKENS must be JSON such as {"name":"value"}
  unknown: WEBSOCKET_TYPO
  unknown: WEBSOCKET_backlog
