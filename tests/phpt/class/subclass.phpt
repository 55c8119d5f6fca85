--TEST--
A subclass handles events with methods; on() goes before a method, and null goes back to it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
class Chat extends WsServer
{
    private string $greeting;

    public function __construct(array $options, string $greeting)
    {
        parent::__construct($options);
        $this->greeting = $greeting;
    }

    public function onStart(): void { echo "start\n"; }
    protected function onOpen(WsConnection $c): void { $c->sendText($this->greeting); }
    public function onText(WsConnection $c, string $m): void
    {
        $c->sendText("method $m");
        $this->on('text', function ($c, $m) {
            $c->sendText("closure $m");
            $this->on('text', null);
        });
    }
    public function onStop(WsServer $server): void { var_dump($server === $this); }
}
$server = new Chat($options, 'welcome');
PHP);
$client = $server->connect()->text('a')->text('b')->text('c');
for ($i = 0; $i < 4; $i++) {
    echo $client->read(), "\n";
}
$server->stop();
?>
--EXPECT--
text welcome
text method a
text closure b
text method c
--
start
bool(true)
status 0
