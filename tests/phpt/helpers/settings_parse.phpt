--TEST--
The settings file: trimmed lines, split at the first "=", first of two counts, missing keys listed
--DESCRIPTION--
Preserves: lines are trimmed, split at the first "="; keys and values are not trimmed again, unknown keys become constants.
A key that stood twice was deadly (fault 11).
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/settings.php';
$settings = WsLegacy\Settings::parse("\u{FEFF}A=1\r\n  B =x=y \n\nC= c\nFLAG\nA=2\n# note=1\n123=n\nX::Y=1\nPHP_EOL=x\n");
var_dump($settings->values);
$settings->defineConstants();
var_dump(A, constant('B '), C, FLAG, constant('# note'), constant('123'), PHP_EOL === "\n");
echo implode(' ', $settings->missing()), "\n";
echo implode(' ', WsLegacy\Settings::parse("WEBSOCKET_LISTEN=x\nWEBSOCKET_FIFO=x\nWEBSOCKET_TICK_INTERVAL=1")->missing()), "\n";
foreach (['', 'WEBSOCKET_ENABLE=1', 'WEBSOCKET_ENABLE=0', 'WEBSOCKET_ENABLE', 'WEBSOCKET_ENABLE= 1'] as $text) {
    var_dump(WsLegacy\Settings::parse($text)->enabled());
}
?>
--EXPECT--
array(8) {
  ["A"]=>
  string(1) "1"
  ["B "]=>
  string(3) "x=y"
  ["C"]=>
  string(2) " c"
  ["FLAG"]=>
  string(0) ""
  ["# note"]=>
  string(1) "1"
  [123]=>
  string(1) "n"
  ["X::Y"]=>
  string(1) "1"
  ["PHP_EOL"]=>
  string(1) "x"
}
string(1) "1"
string(3) "x=y"
string(2) " c"
string(0) ""
string(1) "1"
string(1) "n"
bool(true)
WEBSOCKET_LISTENING_ADDRESS WEBSOCKET_LISTENING_PORT WEBSOCKET_SELECT_TIMEOUT WEBSOCKET_SERVER_HEADER WEBSOCKET_XHR_PIPE_FILE WEBSOCKET_EVENTS_INCLUDE_FILE WEBSOCKET_LOG_PATH
WEBSOCKET_SERVER_HEADER WEBSOCKET_EVENTS_INCLUDE_FILE WEBSOCKET_LOG_PATH
bool(true)
bool(true)
bool(false)
bool(false)
bool(false)
