--TEST--
listen: several addresses, at once and at run time; what can't be listened on; stopListening leaves the clients
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$path = sys_get_temp_dir() . '/ws_phpt_' . getmypid() . '.sock';
$server = WsTest\serve(str_replace('PATH', $path, <<<'PHP'
$server->on('start', function ($s) {
    echo show(count($s->addresses()), $s->isListening());
    $s->listen('tcp://127.0.0.1:0', ['backlog' => 3])->listen('unix://PATH');
    foreach (['nonsense', 'tcp://127.0.0.1:99999', $s->addresses()[0], 'tls://127.0.0.1:0'] as $uri) {
        try { $s->listen($uri); echo "no exception\n"; } catch (WsException $e) { echo preg_replace('/\d{4,5}: /', 'PORT: ', $e->getMessage()), "\n"; }
    }
    try { $s->listen('tcp://127.0.0.1:0', ['ping_interval' => 5]); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    echo 'addresses ', implode(' ', $s->addresses()), "\n";
});
$server->on('open', fn (WsConnection $c) => $c->sendText(json_encode([$c->remoteAddress, $c->remotePort > 0, $c->localAddress === 'PATH'])));
$server->on('text', function (WsConnection $c) use ($server) {
    $server->stopListening();
    echo show($server->isListening(), $server->addresses());
    $c->sendText('still here');
});
PHP));
$server->awaits('addresses');
preg_match('/addresses (.*)/', $server->printed(), $match);
$addresses = explode(' ', $match[1]);
foreach ($addresses as $address) {
    $clients[] = $client = (new WsTest\Client($address))->upgrade();
    echo $client->status(), ' ', $client->read(), "\n";
}
$clients[1]->text('stop listening');
echo $clients[1]->read(), "\n";
foreach ($addresses as $address) {
    try { (new WsTest\Client($address))->upgrade()->status() === 'gone' && print("refused\n"); } catch (Exception $e) { echo "refused\n"; }
}
foreach ($clients as $client) { echo $client->close()->drain(), "\n"; }
$server->stop();
clearstatcache();
var_dump(file_exists($path));
?>
--EXPECTF--
101 text ["127.0.0.1",true,false]
101 text ["127.0.0.1",true,false]
101 text ["",false,true]
text still here
refused
refused
refused
close 1000, gone
close 1000, gone
close 1000, gone
--
1 true
option "listen" is wrong: "nonsense": an address has the form %s
option "listen" is wrong: "tcp://127.0.0.1:99999": the port must be a number from 0 to 65535
cannot listen on tcp://127.0.0.1:PORT: Address already in use (os error 98)
option "tls.cert" %s
option "ping_interval" is not one of a listener
addresses tcp://127.0.0.1:%d tcp://127.0.0.1:%d unix://%s
false []
status 0
bool(false)
