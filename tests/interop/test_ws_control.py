"""WsControl against running servers: from scripts, from many processes at once, from PHP-FPM."""

import json
import os
import secrets
import signal
import subprocess
import threading

import pytest

import fastcgi
from harness import EXTENSION, PHP, TIMEOUT, free_port, php
from test_tokens import SECRET, cookies

FPM = "/usr/sbin/php-fpm8.2"

LEGACY = r"""
function ws_server_open(&$connections,&$connection,$client_key) { ws_server_subscribe($client_key, "news"); tell("open", $client_key); }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    if ($msg === "stick") { tell("stuck"); fgets(fopen(__DIR__ . "/gate", "r")); }
    send_text($client_key, $msg);
}
function ws_server_before_close(&$connections,&$connection) { tell("leaves"); }
"""
CLASS = r"""
$server = new WsServer(['listen' => "tcp://127.0.0.1:$argv[1]", 'control' => %s, 'control_secret' => %s,
    'domains' => ['ws.example.com'], 'io_threads' => (int) getenv('WS_IO_THREADS')] + %s);
$server->on('start', fn () => tell('ready'));
$server->on('open', function (WsConnection $c) { $c->subscribe('news'); tell('open', $c->id); });
$server->on('text', function (WsConnection $c, string $m) {
    if ($m === 'stick') { tell('stuck'); fgets(fopen(__DIR__ . '/gate', 'r')); }
    $c->sendText($m);
});
$server->on('close', fn () => tell('leaves'));
exit($server->run());
"""

# Programs get the address, and what follows it.
WITH_CONTROL = r"""
[, $uri] = $argv;
$control = new WsControl($uri, ['timeout' => 60, 'secret' => getenv('SECRET') ?: null]);
function attempt(callable $call) {
    try { return $call(); } catch (WsException $e) { return [$e->getCode(), $e->getMessage()]; }
}
function say(mixed $what): void { echo json_encode($what), "\n"; }
function hear(): string { return trim(fgets(STDIN)); }
"""


@pytest.fixture(params=["legacy", "class"])
def pushable(request, serve, tmp_path):
    """A server of either face with control sockets: server.uri, server.tcp_uri."""
    def start(secret=None, options=None, listen=None):
        number = len(os.listdir(tmp_path))
        path, port = tmp_path / f"control{number}.sock", free_port()
        uri, tcp_uri = f"unix://{path}", f"tcp://127.0.0.1:{port}"
        options = options or {}
        if request.param == "legacy":
            settings = {"WEBSOCKET_CONTROL": f"{uri} {tcp_uri}", "WEBSOCKET_CONTROL_SECRET": secret,
                        "WEBSOCKET_DOMAINS": "ws.example.com"}
            server = serve(LEGACY, settings | {f"WEBSOCKET_{name.upper()}": value for name, value in options.items()})
        else:
            literal = ", ".join(f"{name!r} => {value!r}" for name, value in options.items())
            server = serve(script=CLASS % (f"['{uri}', '{tcp_uri}']", repr(secret) if secret else "null", f"[{literal}]"))
        server.uri, server.tcp_uri = uri, tcp_uri
        os.mkfifo(server.folder / "gate")
        server.release = lambda: (server.folder / "gate").write_text("open\n")
        return server
    return start


def run(code, *arguments, env=None):
    """Runs a program to its end; what it has said, line by line."""
    result = php("-d", f"extension={EXTENSION}", "-r", WITH_CONTROL + code, "--", *arguments, env={**os.environ, **(env or {})})
    assert (result.returncode, result.stderr) == (0, ""), result
    return [json.loads(line) for line in result.stdout.splitlines()]


class Program:
    """One that goes on when it is told to."""

    def __init__(self, code, *arguments):
        self.process = subprocess.Popen([PHP, "-d", f"extension={EXTENSION}", "-r", WITH_CONTROL + code, "--", *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def says(self):
        line = self.process.stdout.readline()
        assert line, f"it has ended with {self.process.wait()}"
        return json.loads(line)

    def tell(self, line="go on"):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def test_every_method(pushable):
    server = pushable()
    with server.connect() as client:
        [number] = server.told("open")
        said = run(r"""
            $id = (int) $argv[2];
            $control->broadcast('Grüß');
            $control->broadcast("\xff\xfe", true);
            $control->publish('news', 'published');
            $control->publish('nobody', 'unheard');
            say([$control->send($id, 'to you'), $control->send($id, "\xff", true), $control->send($id + 1, 'x'), $control->send('no such token', 'x')]);
            say([$control->send($id, ''), $control->send($id, str_repeat('é', 100000)), $control->send($id + 1, str_repeat('é', 100000))]);
            say([$control->sendFragments($id, (function () { yield "one \xc3"; yield "\xa9 two"; })()), $control->sendFragments($id, ["\xff", "\xfe"], true), $control->sendFragments($id + 1, ['x'])]);
            say([$control->freest(), $control->ping() > 0]);
            $stats = $control->stats();
            say([$stats['open'], $stats['control_connections'], $stats['control_accepted'], $stats['uptime'] > 0]);
        """, server.uri, number)
        assert [client.recv(TIMEOUT) for _ in range(9)] == [
            "Grüß", b"\xff\xfe", "published", "to you", b"\xff", "", "é" * 100000, "one é two", b"\xff\xfe"]
        # All of it over one connection.
        assert said == [[True, True, False, False], [True, True, False], [True, True, False], ["ws.example.com", True],
                        [1, 1, 1, True]]


def test_the_longest_messages_arrive(pushable):
    server = pushable()
    with server.connect() as client:
        [number] = server.told("open")
        run(r"""
            $control->broadcast(str_repeat('b', 65530));
            $control->publish('news', str_repeat('p', 65525));
            foreach ([65498, 65499, 65530, 65531, 400000] as $length) say($control->send((int) $argv[2], str_repeat('s', $length)));
        """, server.uri, number)
        assert [len(client.recv(TIMEOUT)) for _ in range(7)] == [65530, 65525, 65498, 65499, 65530, 65531, 400000]


def test_a_secret_over_tcp(pushable):
    server = pushable(secret="open sesame")
    with server.connect() as client:
        server.told("open")
        run("$control->broadcast('let in'); $control->broadcast('again');", server.tcp_uri, env={"SECRET": "open sesame"})
        assert (client.recv(TIMEOUT), client.recv(TIMEOUT)) == ("let in", "again")
        [[code, problem]] = run("say(attempt(fn () => $control->broadcast('x')));", server.tcp_uri, env={"SECRET": "open barley"})
        assert code == 1 and problem == f"{server.tcp_uri}: the server does not accept the secret; the message was not delivered"
        [[code, problem]] = run("say(attempt(fn () => $control->broadcast('x')));", server.tcp_uri)
        assert code == 1 and "control_secret" in problem and "sesame" not in problem
        # Over the Unix socket the file's permissions decide.
        run("$control->broadcast('by file');", server.uri)
        assert client.recv(TIMEOUT) == "by file"


@pytest.mark.parametrize("pushable", ["legacy"], indirect=True)
def test_a_token_names_the_connection_that_has_shown_it(pushable):
    server = pushable(options={"tokens": json.dumps({"secret": SECRET})})
    one, two, nobody = (secrets.token_hex(16) for _ in range(3))
    with server.connect(additional_headers=cookies(one)) as first, server.connect(additional_headers=cookies(two)) as second:
        server.told("open", 2)
        said = run(r"""
            [, , $one, $two, $nobody] = $argv;
            say([$control->send($one, 'to one'), $control->send($two, str_repeat('x', 100000)), $control->send($nobody, 'x'),
                $control->sendFragments($two, ['to ', 'two']), $control->sendFragments($nobody, ['x'])]);
        """, server.uri, one, two, nobody)
        assert said == [[True, True, False, True, False]]
        assert first.recv() == "to one"
        assert (second.recv(), second.recv()) == ("x" * 100000, "to two")


WRITERS = r"""
[, , $id, $writers, $messages] = $argv;
// A connection that is open when they are forked off is of no use to them.
$control->broadcast('begin');
for ($writer = 0; $writer < $writers; $writer++) {
    if (($pids[] = pcntl_fork()) === 0) {
        for ($n = 0; $n < $messages; $n++) {
            $message = "$writer $n";
            match ($n % 3) {
                0 => $control->broadcast($message),
                1 => $control->publish('news', $message),
                2 => $control->send((int) $id, $message) || exit(2),
            };
        }
        exit(0);
    }
}
foreach ($pids as $pid) {
    pcntl_waitpid($pid, $status);
    say($status);
}
$control->broadcast('end');
"""


def test_10000_pushes_of_8_processes_arrive_complete_and_in_order(pushable):
    server = pushable()
    writers, messages = 8, 1250
    with server.connect() as client:
        [number] = server.told("open")
        with Program(WRITERS, server.uri, number, writers, messages) as program:
            assert client.recv(TIMEOUT) == "begin"
            got = [client.recv(TIMEOUT) for _ in range(writers * messages)]
            assert [program.says() for _ in range(writers)] == [0] * writers
            assert client.recv(TIMEOUT) == "end"
    for writer in range(writers):
        assert [n for w, n in map(str.split, got) if w == str(writer)] == [str(n) for n in range(messages)]


def test_a_server_that_was_restarted_between_two_calls(pushable):
    first = pushable()
    with Program(r"""
            say(attempt(fn () => $control->broadcast('one')));
            hear();
            // At once, and with nobody there.
            say(attempt(fn () => (new WsControl($uri, ['timeout' => 3600]))->broadcast('lost')));
            hear();
            say(attempt(fn () => $control->broadcast('two')));
            say(attempt(fn () => $control->send(1, 'three')));
            """, first.uri) as program:
        with first.connect() as client:
            first.told("open")
            assert program.says() is None
            assert client.recv(TIMEOUT) == "one"
        assert first.stop() == 0
        program.tell()
        code, problem = program.says()
        assert code == 1 and problem.endswith("; the message was not delivered")
        # The same address, another process.
        first.start()
        with first.connect() as client:
            first.told("open")
            program.tell()
            assert program.says() is None
            assert client.recv(TIMEOUT) == "two"
            assert program.says() is True
            assert client.recv(TIMEOUT) == "three"


def test_a_connection_that_the_server_gave_up_is_replaced(pushable):
    server = pushable()
    with server.connect() as client:
        server.told("open")
        # The server pings whoever is silent for a second, and gives him another one.
        [accepted] = run(r"""
            $control->broadcast('one');
            sleep(3);
            $control->broadcast('two');
            say($control->stats()['control_accepted']);
        """, server.uri)
        assert (client.recv(TIMEOUT), client.recv(TIMEOUT)) == ("one", "two")
        assert accepted in (1, 2)  # 1 where the server itself was that slow


def test_a_stuck_server_gets_no_message_and_is_not_waited_for(pushable):
    server = pushable()
    with server.connect() as client:
        server.told("open")
        client.send("stick")
        server.told("stuck")
        said = run(r"""
            $impatient = new WsControl($uri, ['timeout' => 0.3]);
            say(attempt(fn () => $impatient->broadcast('never')));
            say(attempt(fn () => $impatient->stats()));
        """, server.uri)
        assert said == [[1, f"{server.uri}: no answer within 0.3 s; the message was not delivered"],
                        [0, f"{server.uri}: no answer within 0.3 s"]]
        server.release()
        assert client.recv(TIMEOUT) == "stick"
        run("$control->broadcast('later');", server.uri)
        assert client.recv(TIMEOUT) == "later"


def test_a_server_that_gets_stuck_behind_a_trusted_connection_has_the_message_once(pushable):
    server = pushable()
    with server.connect() as client:
        server.told("open")
        with Program(r"""
                $impatient = new WsControl($uri, ['timeout' => 5]);
                do {
                    // A connection that was just used is not asked whether it stands: where the machine is so slow that
                    // it is, nothing is sent.
                    say($control->ping() > 0);
                    hear();
                    say(attempt(fn () => $impatient->broadcast('once')));
                    hear();
                } while (true);
                """, server.uri) as program:
            for _ in range(20):
                assert program.says() is True
                client.send("stick")
                server.told("stuck")
                program.tell()
                code, problem = program.says()
                server.release()
                assert client.recv(TIMEOUT) == "stick"
                if code == 2:
                    break
                assert code == 1
                program.tell()
            assert problem == f"{server.uri}: no answer within 5 s; it is not known whether the message was delivered"
        run("$control->broadcast('end');", server.uri)
        assert (client.recv(TIMEOUT), client.recv(TIMEOUT)) == ("once", "end")


def test_a_generator_that_throws_ends_its_recipients_connection(pushable):
    server = pushable()
    with server.connect() as other, server.raw() as client:
        numbers = sorted(number for [number] in server.told("open", 2))
        said = run(r"""
            say(attempt(function () use ($control, $argv) {
                try {
                    $control->sendFragments((int) $argv[2], (function () { yield 'half'; throw new LogicException('on purpose'); })());
                } catch (LogicException $e) { return $e->getMessage(); }
            }));
            $control->broadcast('on');
        """, server.uri, numbers[1])
        assert said == ["on purpose"]
        # Which of the two came first nobody knows.
        if other.recv(TIMEOUT) != "on":
            raise AssertionError("half a message")
        fragments = client.recv_fragments()
        assert fragments[:1] == [b"half"] or fragments == []
        assert client.recv_close() == (1011, "framesource lost")


FIFO = r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    tell("fifo", strlen($data), md5($data), substr($data, 0, 12));
}
"""
# Writes to the FIFO as web applications always did: open, write, close.
LEGACY_WRITER = r"""
for ($n = 0; $n < $argv[3]; $n++) {
    $message = str_pad(sprintf('{"id":"%d-%04d","x":"', $argv[2], $n), $argv[4] - 2, chr(97 + $argv[2])) . '"}';
    $fifo = fopen($argv[1], 'w+');
    stream_set_write_buffer($fifo, 0);
    if (fwrite($fifo, $message) !== strlen($message)) exit(1);
    fclose($fifo);
}
"""


def test_the_fifo_keeps_its_promise_beside_it(serve, tmp_path):
    control = f"unix://{tmp_path}/control.sock"
    server = serve(LEGACY + FIFO, {"WEBSOCKET_CONTROL": control})
    writers, messages, length = 8, 100, 4096  # PIPE_BUF
    with server.connect() as client:
        server.told("open")
        programs = [subprocess.Popen([PHP, "-r", LEGACY_WRITER, "--", str(server.fifo), str(writer), str(messages), str(length)])
                    for writer in range(writers)]
        run("for ($n = 0; $n < 500; $n++) $control->broadcast((string) $n);", control)
        got = server.told("fifo", writers * messages)
        assert [program.wait(TIMEOUT) for program in programs] == [0] * writers
        assert [client.recv(TIMEOUT) for _ in range(500)] == [str(n) for n in range(500)]
    for writer in range(writers):
        own = [(size, start) for size, _, start in got if start.startswith(f'{{"id":"{writer}-')]
        assert own == [(length, f'{{"id":"{writer}-{n:04}'[:12]) for n in range(messages)]


def test_documents_longer_than_the_pipe_are_whole_where_writers_take_turns(serve, tmp_path):
    from harness import ROOT
    server = serve(FIFO)
    writer = r"""
        define('WEBSOCKET_XHR_PIPE_FILE', $argv[1]);
        require $argv[2];
        for ($n = 0; $n < 10; $n++) {
            $params = ['writer' => $argv[3], 'n' => $n, 'x' => str_repeat('{"', 50000)];
            if (!ws_pipe_data($params, 60.0)) { echo $params['pipe_status']; exit(1); }
        }
    """
    programs = [subprocess.Popen([PHP, "-r", writer, "--", str(server.fifo), str(ROOT / "php/ws_app.php"), str(number)]) for number in range(4)]
    got = server.told("fifo", 40)
    assert [program.wait(TIMEOUT) for program in programs] == [0] * 4
    for number in range(4):
        own = [size for size, _, start in got if start == f'{{"writer":"{number}'[:12]]
        assert len(own) == 10 and min(own) > 150000


# PHP-FPM


@pytest.fixture
def fpm(tmp_path):
    """fpm(code, workers) makes a page of the code: page(query) is what PHP-FPM makes of it."""
    processes = []

    def start(code, workers):
        folder = tmp_path / "fpm"
        folder.mkdir()
        script, sock, conf = folder / "page.php", folder / "fpm.sock", folder / "fpm.conf"
        script.write_text("<?php\n" + code)
        conf.write_text(f"[global]\nerror_log = /proc/self/fd/2\ndaemonize = no\n[www]\nlisten = {sock}\npm = static\n"
                        f"pm.max_children = {workers}\nclear_env = no\nuser = root\n")
        process = subprocess.Popen([FPM, "-R", "-y", str(conf), "-d", f"extension={EXTENSION}", "-d", "display_errors=stderr"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        for line in process.stdout:
            if "ready to handle connections" in line:
                break
        return lambda query="": fastcgi.get(sock, script, query)

    yield start
    for process in processes:
        process.send_signal(signal.SIGQUIT)
        process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0


PAGE = r"""
$control = new WsControl(getenv('WS_CONTROL'), ['timeout' => 60]);
if (isset($_GET['message'])) {
    $control->broadcast($_GET['message']);
}
echo $control->stats()['control_accepted'];
"""


def test_pages_of_php_fpm_push_and_keep_their_connections(pushable, fpm, monkeypatch):
    server = pushable()
    monkeypatch.setenv("WS_CONTROL", server.uri)
    page = fpm(PAGE, workers=2)
    visitors, visits = 8, 50
    with server.connect() as client:
        server.told("open")
        failed = []

        def visit(visitor):
            try:
                for n in range(visits):
                    page(f"message={visitor}+{n}")
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=visit, args=(visitor,)) for visitor in range(visitors)]
        for thread in threads:
            thread.start()
        got = [client.recv(TIMEOUT) for _ in range(visitors * visits)]
        for thread in threads:
            thread.join()
        assert failed == []
        for visitor in range(visitors):
            assert [n for v, n in map(str.split, got) if v == str(visitor)] == [str(n) for n in range(visits)]
        # Both workers have a connection by now: a request of either needs no new one, unless two seconds have passed.
        for _ in range(20):
            before, after = page(), page()
            if before == after:
                break
        else:
            raise AssertionError("each request has connected anew")
        assert server.stop() == 0
        with pytest.raises(AssertionError, match="cannot connect.*the message was not delivered"):
            page("message=lost")
