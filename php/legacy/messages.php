<?php

namespace WsLegacy {

    /** Hands frames that the application brings itself to its own callbacks, as if that client had sent them. */
    final class Messages
    {
        public static function dispatch(int $key, string $data): void
        {
            global $connections;
            while ($data !== '' && ($connections[$key]['state'] ?? null) === 'OPEN') {
                [$frame, $length] = Frame::decode($data);
                if ($frame === false) {
                    show_message("received illegal frame from client socket $key", true);
                    close_client($key);
                    return;
                }
                $data = substr($data, $length);
                self::handle($key, $frame);
            }
        }

        private static function handle(int $key, array $frame): void
        {
            global $connections;
            $connection = &$connections[$key];
            switch ($frame['opcode']) {
                case 0:
                case 1:
                case 2:
                    $connection['buffer'][] = $frame;
                    if ($frame['fin']) {
                        $binary = $connection['buffer'][0]['opcode'] === 2;
                        $message = coalesce_frames($connection['buffer']);
                        $connection['buffer'] = [];
                        self::call($binary ? 'ws_server_binary' : 'ws_server_text', $key, $message);
                    }
                    break;
                case 8:
                    close_client($key, isset($frame['close_status']) ? 1000 : false);
                    break;
                case 9:
                    do_reply($key, encode_frame(10, $frame['payload']));
                    break;
                case 10:
                    if ($connection['ping_time'] !== false) {
                        $connection['pong_time'] = microtime(true);
                    }
                    break;
                default:
                    show_message("ignored frame with unsupported opcode from client socket $key", true);
            }
        }

        /** Calls a ws_server_… callback if there is one, with or without the client key, as it is declared. */
        public static function call(string $callback, int $key, string $data): mixed
        {
            global $connections;
            if (!function_exists($callback)) {
                return '';
            }
            $declared = new \ReflectionFunction($callback);
            if ($declared->getNumberOfParameters() === 3 && !$declared->isVariadic()) {
                return $callback($connections, $connections[$key], $data);
            }
            return $callback($connections, $connections[$key], $key, $data);
        }
    }
}

namespace {

    require_once __DIR__ . '/own_functions.php';

    if (!WsLegacy\OwnFunctions::have('on_msg')) {
        /**
         * Treats $data, raw frames, as if the client had sent them. Returns what ws_server_read returned where that
         * was not "", else "". The handshake is the server's: for a client that is not open nothing is done.
         */
        function on_msg($client_key, $data)
        {
            $result = WsLegacy\Messages::call('ws_server_read', (int) $client_key, (string) $data);
            if ($result !== '') {
                return $result;
            }
            WsLegacy\Messages::dispatch((int) $client_key, (string) $data);
            return '';
        }
    }
}
