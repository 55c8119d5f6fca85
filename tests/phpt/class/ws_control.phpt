--TEST--
WsControl: what each method says to the server and returns; the connection is kept; exceptions tell what became of the message
--FILE--
<?php
require __DIR__ . '/../include/fake_control.inc';
const TOKEN = '32febad1f0cf83f38aceb31ad63866c4';
$fake = new WsTest\FakeControl(function ($server) {
    $peer = $server->greet();
    $peer->take('6bGrüß')->take("2B\xff\xfe")->take("8tnews\0you")->take("1T\0");
    $peer->on('34c' . TOKEN . 'hi', '32A' . TOKEN)->on('34C' . TOKEN . "\xff\xfe", '32N' . TOKEN);
    $id = str_pad('#17', 32);
    $peer->on("34c{$id}17", "32A$id")->on('0m', '15Mws2.example.com');
    $peer->on('0j', '38J{"open":3,"seconds":1.5,"messages":{}}')->on('0j', '2J{,')->on('0j', '1J5')->on('0p', '0P');
    $peer->on('32l' . TOKEN, '32A' . TOKEN)->on('2fab', '0a')->on('1ic', '0a')->on('0s', '0a');
    $peer->on('32l' . TOKEN, '32N' . TOKEN);
    $peer->on('4blost0p');
    unset($peer);
    $peer = $server->greet()->take('4bback');
    // Both objects use the same one.
    $peer->take('4bmore');
});
$control = new WsControl($fake->uri, ['timeout' => 40]);
var_dump($control->broadcast('Grüß'), $control->broadcast("\xff\xfe", true), $control->publish('news', 'you'), $control->publish('', '', binary: true));
var_dump($control->send(TOKEN, 'hi'), $control->send(TOKEN, "\xff\xfe", true), $control->send(17, 17), $control->freest());
echo json_encode($control->stats(), JSON_PRESERVE_ZERO_FRACTION), "\n";
function attempt(callable $call): void
{
    try {
        var_dump($call());
    } catch (WsException $e) {
        echo $e->getCode(), ' ', str_replace($GLOBALS['fake']->uri, '%', $e->getMessage()), "\n";
    }
}
attempt(fn () => $control->stats());
attempt(fn () => $control->stats());
echo json_last_error(), ' ', $control->ping() > 0 ? 'pong' : '?', "\n";
var_dump($control->sendFragments(TOKEN, ['ab', 'c']), $control->sendFragments(TOKEN, ['not asked for']));
attempt(fn () => $control->broadcast('lost'));
attempt(fn () => $control->broadcast('back'));
$other = new WsControl($fake->uri);
unset($control);
$other->broadcast('more');
$fake->done();
?>
--EXPECT--
NULL
NULL
NULL
NULL
bool(true)
bool(false)
bool(true)
string(15) "ws2.example.com"
{"open":3,"seconds":1.5,"messages":[]}
0 the server's status is no JSON
0 the server's status is no JSON
0 pong
bool(true)
bool(false)
2 %: the server closed the connection; it is not known whether the message was delivered
NULL
