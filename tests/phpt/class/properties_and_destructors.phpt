--TEST--
A destructor that runs while the properties of a connection are read, and reads them too
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
    /** Of the size of many things: what is freed twice is soon found by others. */
    final class Reader
    {
        public static int $ended = 0;

        public function __construct(public WsConnection $connection)
        {
        }

        public function __destruct()
        {
            self::$ended++;
            $seen = get_object_vars($this->connection);
            foreach ($this->connection as $name => $value) {
                $names[] = $name;
            }
            printf("%s, data is %s\n", array_keys($seen) === $names ? 'all properties' : 'others', var_export($seen['data'], true));
        }
    }
    $server->on('text', function (WsConnection $c, string $what) {
        for ($i = 0; $i < 3; $i++) {
            $c->data = new Reader($c);
            // The table of properties holds it too, until it is filled the next time.
            get_object_vars($c);
            $c->data = null;
            get_object_vars($c);
        }
        $others = [];
        for ($i = 0; $i < 1000; $i++) {
            $others[] = (object) ['i' => $i];
        }
        printf("%d ended, %d\n", Reader::$ended, array_sum(array_column($others, 'i')));
        unset($c->data);
        var_dump(array_key_exists('data', get_object_vars($c)), count((array) $c) === count(get_object_vars($c)));
        $c->sendText($what);
    });
    PHP);
$client = $server->connect();
$client->text('go on');
echo $client->readMessage(), "\n";
$server->stop();
?>
--EXPECT--
go on
--
all properties, data is NULL
all properties, data is NULL
all properties, data is NULL
3 ended, 499500
bool(true)
bool(true)
status 0
