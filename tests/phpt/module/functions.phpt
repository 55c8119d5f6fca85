--TEST--
The functions have the signatures that are documented
--FILE--
<?php
foreach ((new ReflectionExtension('ws_server'))->getFunctions() as $function) {
    $parameters = array_map(function (ReflectionParameter $p) {
        $default = $p->isDefaultValueAvailable() ? ' = ' . json_encode($p->getDefaultValue(), JSON_PRESERVE_ZERO_FRACTION) : '';
        return "{$p->getType()} \${$p->getName()}$default";
    }, $function->getParameters());
    echo $function->getName(), '(', implode(', ', $parameters), '): ', $function->getReturnType(), "\n";
}
?>
--EXPECT--
ws_server_run(array $options = []): int
ws_server_stop(int $code = 1001, string $reason = "server shutting down", float $timeout = 5.0): void
ws_server_send_text(int $id, string $text): bool
ws_server_send_binary(int $id, string $data): bool
ws_server_send_frame(int $id, string $frame): bool
ws_server_send_ping(int $id, string $payload = ""): bool
ws_server_broadcast(string $text, bool $binary = false, array $except = []): int
ws_server_send_file(int $id, string $path, bool $binary = true): bool
ws_server_publish(string $topic, string $message, bool $binary = false, array $except = []): int
ws_server_subscribe(int $id, string $topic): bool
ws_server_unsubscribe(int $id, string $topic): bool
ws_server_pause(int $id): bool
ws_server_resume(int $id): bool
ws_server_connection(int $id): ?WsConnection
ws_server_connections(): iterable
ws_server_stats(): array
ws_server_disconnect(int $id, int $code = 1000, string $reason = ""): bool
ws_server_timer(float $seconds, callable $fn, bool $repeat = false): int
ws_server_cancel_timer(int $timer): bool
ws_server_watch(mixed $stream, callable $fn, bool $write = false): int
ws_server_unwatch(int $watch): bool
