--TEST--
Memory limit, time limit and an error of the compiler in a callback end the server as cleanly; PHP's own status stays
--DESCRIPTION--
Preserves: PHP's own status. Fixes fault 13: the FIFO stayed.
--SKIPIF--
<?php if (getenv('WS_TEST_VALGRIND')) die('skip without PHP\'s own allocator there is no memory limit'); ?>
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
foreach ([
    'memory limit' => ['$GLOBALS["keep"] = str_repeat("x", 100 << 20);', ['memory_limit' => '16M']],
    'many small ones' => ['for ($i = 0;; $i++) { $GLOBALS["keep"][] = str_repeat("x", 1000) . $i; }', ['memory_limit' => '16M']],
    'time limit' => ['set_time_limit(1); for (;;);', []],
    'compiler' => ['eval("function f() {} function f() {}");', []],
    'in a destructor' => ['new class { function __destruct() { trigger_error("late", E_USER_ERROR); } };', []],
    'in what is returned' => ['return new class { function __destruct() { trigger_error("later", E_USER_ERROR); } };', []],
    'exit in what is returned' => ['return new class { function __destruct() { exit(9); } };', []],
] as $what => [$code, $ini]) {
    $server = new WsTest\Server("function ws_server_text() { $code } function ws_server_before_close() { echo 'not called'; }", [], '', $ini);
    $seen = $server->connect()->text('a')->drain();
    // Such an end is too sudden to promise every client its Close.
    echo "$what: ", str_replace('close 1001 server shutting down, ', '', $seen), "\n";
    ob_start();
    $server->wait();
    echo preg_replace(['/\s+/', '~ in %/app.php.*?on line \d+~', '/ of \d+.*?bytes\)/'], ' ', ob_get_clean()), "\n";
}
?>
--EXPECT--
memory limit: gone
-- Fatal error: Allowed memory size   exit status 255 
many small ones: gone
-- Fatal error: Allowed memory size   exit status 255 
time limit: gone
-- Fatal error: Maximum execution time of 1 second exceeded  exit status 255 
compiler: gone
-- Fatal error: Cannot redeclare f() (previously declared  exit status 255 
in a destructor: gone
-- Fatal error: late  exit status 255 
in what is returned: gone
-- Fatal error: later  exit status 255 
exit in what is returned: gone
-- exit status 9 
