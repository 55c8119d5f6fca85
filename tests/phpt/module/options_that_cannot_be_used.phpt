--TEST--
An option that can't be used is named
--FILE--
<?php
function ws_server_authenticate() {}
$self = [];
$self['tcp'] = &$self;
foreach ([['speed' => 1], ['listen' => 5], ['log' => new stdClass], ['log' => STDIN], ['listen' => "tcp://\xff:1"], $self, [1, 2],
    ['listen' => []], ['tcp' => ['nodelay' => []]], ['log' => '/nowhere/at/all'], ['buffer_messages' => false]] as $options) {
    try {
        ws_server_run($options);
        echo "no exception\n";
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
?>
--EXPECTF--
option "speed" is unknown
option "listen" must be %s
option "log" cannot be an object
option "log" cannot be a resource
option "listen" is not valid UTF-8
option "tcp" is nested too deeply
option "0" is unknown
option "listen" must name an address at least
option "tcp.nodelay" must be %s
option "log": /nowhere/at/all: No such file or directory (os error 2)
option "buffer_messages" must be on: ws_server_text gets whole messages
