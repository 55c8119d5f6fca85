--TEST--
Log lines go to the log event, and to a logger instead of the log; uncaught exceptions with their context; slow callbacks by name
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
file_put_contents($logger = sys_get_temp_dir() . '/ws_phpt_logger_' . getmypid() . '.php', '<?php
namespace Psr\Log { interface LoggerInterface { public function log($level, string|\Stringable $message, array $context = []): void; } }
namespace {
    class Logger implements Psr\Log\LoggerInterface {
        public function log($level, string|Stringable $message, array $context = []): void { tell("logger", $level, $message, $context); }
    }
}');
$server = WsTest\serve(str_replace('LOGGER', $logger, <<<'PHP'
require 'LOGGER';
function tell($who, $level, $message, $context) {
    $message = preg_replace(['/tcp:\S+/', '/limit .*/', '/\d+\.\d+ s/', '/ in \S+:\d+.*/s', '/ \S+\/app.php:\d+/'], ['URI', 'limit', 'N s', '', ' FILE'], $message);
    echo "$who $level $message ", json_encode(array_map(fn ($v) => is_object($v) ? get_class($v) : $v, $context)), "\n";
}
class App { static function slow($c, $m) { usleep(50000); } function __invoke($c, $p) { usleep(50000); throw new LogicException('late'); } }
$server->on('text', 'App::slow');
$server->on('binary', function ($c, $m) { usleep(50000); });
$server->on('ping', new App);
$server->on('log', function (string $level, string $message, array $context) {
    tell('event', $level, $message, $context);
    if (str_contains($message, 'App::slow')) { throw new Exception('from the event'); }
});
$server->on('close', function () use ($server) { $server->setLogger(fn (...$line) => tell('function', ...$line)); $server->on('log', null); $server->stop(); });
foreach ([5, 'no function', new stdClass] as $wrong) {
    try { $server->setLogger($wrong); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
}
$server->on('start', fn () => $server->setLogger(new Logger));
PHP), ['slow_callback' => 0.02]);
$client = $server->connect();
$client->text('a');
$server->awaits('App::slow');
$client->frame(2, 'b');
$server->awaits('{closure}');
echo $client->frame(9, 'c')->drain(), "\n";
$server->wait();
foreach (preg_grep('/^\[/', explode("\n", $server->lastLog)) as $line) {
    echo preg_replace(['/^\S+ \S+ /', '/tcp:\S+/', '/limit .*/', '/ in \S+:\d+.*/'], ['', 'URI', 'limit', ''], $line), "\n";
}
unlink($logger);
?>
--EXPECT--
pong c, close 1011 internal error, gone
--
WsServer::setLogger(): Argument #1 ($logger) must be of type Psr\Log\LoggerInterface|callable|null, int given
WsServer::setLogger(): Argument #1 ($logger) must be of type Psr\Log\LoggerInterface|callable|null, string given
WsServer::setLogger(): Argument #1 ($logger) must be of type Psr\Log\LoggerInterface|callable|null, stdClass given
logger info listening on URI []
event info listening on URI []
logger info the descriptor limit []
event info the descriptor limit []
logger warning a callback took N s: App::slow []
event warning a callback took N s: App::slow []
logger warning a callback took N s: {closure} FILE []
event warning a callback took N s: {closure} FILE []
logger error uncaught in a callback for client 1: LogicException: late {"exception":"LogicException","connection":1}
event error uncaught in a callback for client 1: LogicException: late {"exception":"LogicException","connection":1}
logger warning a callback took N s: App::__invoke []
event warning a callback took N s: App::__invoke []
function info stopped []
status 0
info: listening on URI
info: the descriptor limit
error: uncaught in a logger: Exception: from the event
