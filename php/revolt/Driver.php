<?php

declare(strict_types=1);

namespace WsServer\Revolt;

use Revolt\EventLoop\Internal\AbstractDriver;
use Revolt\EventLoop\Internal\DriverCallback;
use Revolt\EventLoop\Internal\SignalCallback;
use Revolt\EventLoop\Internal\StreamReadableCallback;
use Revolt\EventLoop\Internal\StreamWritableCallback;
use Revolt\EventLoop\Internal\TimerCallback;
use Revolt\EventLoop\Suspension;
use Revolt\EventLoop\UnsupportedFeatureException;

require_once __DIR__ . '/Timers.php';

/**
 * Runs Revolt's event loop in a push server's loop, so that amphp and everything else that is written for Revolt lives
 * in one process with the server:
 *
 *     $driver = new WsServer\Revolt\Driver(new WsServer(['listen' => 'tcp://127.0.0.1:8080']));
 *     Revolt\EventLoop::setDriver($driver);
 *     $server->on('text', $driver->async(function (WsConnection $c, string $text) { ... }));   // may suspend
 *     Revolt\EventLoop::run();
 *
 * A turn of the loop is a WsServer::tick() that waits no longer than the next timer does; streams are the server's
 * watches. The loop ends with the server: after stop() and the clients' goodbyes run() returns, whatever else is still waiting.
 *
 * tick() leaves signals to the application. Whoever wants SIGTERM to end the server well says so with
 * EventLoop::onSignal(SIGTERM, fn () => $server->stop()).
 */
final class Driver extends AbstractDriver
{
    /** Seconds; the server's clock does not reach for ever. It comes back earlier anyway. */
    private const LONGEST = 3600.0;

    private Timers $timers;

    /** @var array<string, int> Revolt's id => the server's watch */
    private array $watches = [];

    /** @var array<int, array<string, SignalCallback>> */
    private array $signals = [];

    /** @var array<int, callable|int> what handled a signal before we did */
    private array $handlersBefore = [];

    /** Whether a signal has come since somebody looked. */
    private bool $signalled = false;

    /** The callback that stands for the server. */
    private ?string $standIn = null;

    /** The fiber in which the server calls back, while it turns. */
    private ?\Fiber $turning = null;

    private bool $isTurning = false;

    public static function isSupported(): bool
    {
        return \extension_loaded('ws_server') && \class_exists(\WsServer::class, false);
    }

    /**
     * @param bool $referenced whether the server alone keeps the loop running. Without, run() returns when none of
     *                         Revolt's own callbacks is left, and the server stays as it is.
     */
    public function __construct(private readonly \WsServer $server, bool $referenced = true)
    {
        parent::__construct();
        $this->timers = new Timers();
        if ($referenced) {
            // Revolt's loop runs as long as it has a referenced callback. This one is never activated.
            $this->standIn = $this->repeat(\PHP_INT_MAX, static fn () => null);
        }
    }

    /**
     * A handler for WsServer::on() that may suspend. The server itself cannot wait inside a callback, so the handler
     * runs in a fiber of Revolt's as soon as the server has finished its turn; what it throws goes to Revolt's error
     * handler. Handlers start in the order of their events, but while one is suspended the next one runs.
     */
    public function async(\Closure $handler): \Closure
    {
        return function (mixed ...$arguments) use ($handler): void {
            $this->queue($handler, ...$arguments);
        };
    }

    public function onSignal(int $signal, \Closure $closure): string
    {
        if (!\function_exists('pcntl_signal')) {
            throw new UnsupportedFeatureException('Signal handling requires the pcntl extension');
        }
        return parent::onSignal($signal, $closure);
    }

    public function getSuspension(): Suspension
    {
        // Suspending here would leave the server in the middle of its turn, and Revolt's loop with it.
        if ($this->isTurning && \Fiber::getCurrent() === $this->turning) {
            throw new \Error('A callback of the server cannot suspend; give on() what ' . self::class . '::async() makes of it');
        }
        return parent::getSuspension();
    }

    public function getHandle(): \WsServer
    {
        return $this->server;
    }

    protected function now(): float
    {
        return \hrtime(true) / 1e9;
    }

    protected function dispatch(bool $blocking): void
    {
        $waiting = !$this->dispatchSignals() && $blocking;
        $this->turning = \Fiber::getCurrent();
        $this->isTurning = true;
        try {
            $this->server->tick($waiting ? $this->timeUntilNext() : 0.0);
        } finally {
            $this->isTurning = false;
            $this->turning = null;
        }
        $this->dispatchSignals();
        $now = $this->now();
        while ($timer = $this->timers->due($now)) {
            $this->enqueueCallback($timer);
        }
        if ($this->server->addresses() === []) {
            $this->end();
        }
    }

    protected function activate(array $callbacks): void
    {
        foreach ($callbacks as $callback) {
            if ($callback->id !== $this->standIn) {
                $this->begin($callback);
            }
        }
    }

    protected function deactivate(DriverCallback $callback): void
    {
        $id = $callback->id;
        if ($callback instanceof TimerCallback) {
            $this->timers->remove($id);
        } elseif (isset($this->watches[$id])) {
            $this->server->unwatch($this->watches[$id]);
            unset($this->watches[$id]);
        } elseif ($callback instanceof SignalCallback) {
            unset($this->signals[$callback->signal][$id]);
            if (($this->signals[$callback->signal] ?? null) === []) {
                $this->giveBack($callback->signal);
            }
        }
    }

    private function begin(DriverCallback $callback): void
    {
        $id = $callback->id;
        if ($callback instanceof TimerCallback) {
            // One that repeats is activated anew by Revolt each time.
            $this->timers->add($callback);
        } elseif ($callback instanceof StreamReadableCallback || $callback instanceof StreamWritableCallback) {
            $this->watches[$id] = $this->server->watch(
                $callback->stream,
                fn () => $this->enqueueCallback($callback),
                $callback instanceof StreamWritableCallback,
            );
        } elseif ($callback instanceof SignalCallback) {
            $this->take($callback->signal);
            $this->signals[$callback->signal][$id] = $callback;
        } else {
            throw new \Error('Unknown callback type: ' . $callback::class);
        }
    }

    /** Seconds; null: it is up to the server, which comes back after tick_interval at the latest. */
    private function timeUntilNext(): ?float
    {
        $next = $this->timers->next();
        return $next === null ? null : \min(\max(0.0, $next - $this->now()), self::LONGEST);
    }

    private function take(int $signal): void
    {
        if (isset($this->signals[$signal])) {
            return;
        }
        // PHP ends with a fatal error where it is asked to handle one of the two that nobody can.
        if ($signal < 1 || $signal === \SIGKILL || $signal === \SIGSTOP) {
            throw new UnsupportedFeatureException("Signal $signal cannot be handled");
        }
        $handler = function (int $signal): void {
            // Nothing of the application runs in here: it may come in the middle of anything.
            $this->signalled = true;
            foreach ($this->signals[$signal] ?? [] as $callback) {
                $this->enqueueCallback($callback);
            }
        };
        try {
            $before = \pcntl_signal_get_handler($signal);
            \pcntl_signal($signal, $handler);
        } catch (\ValueError $error) {
            throw new UnsupportedFeatureException("Signal $signal cannot be handled", 0, $error);
        }
        $this->handlersBefore[$signal] = $before;
    }

    private function giveBack(int $signal): void
    {
        \pcntl_signal($signal, $this->handlersBefore[$signal]);
        unset($this->signals[$signal], $this->handlersBefore[$signal]);
    }

    /** Hands out the signals that have come. True: there were some. */
    private function dispatchSignals(): bool
    {
        if ($this->signals !== []) {
            \pcntl_signal_dispatch();
        }
        $signalled = $this->signalled;
        $this->signalled = false;
        return $signalled;
    }

    /** The server has ended: its timers and watches tell nothing any more. */
    private function end(): void
    {
        if ($this->standIn !== null) {
            $this->cancel($this->standIn);
            $this->standIn = null;
        }
        $this->stop();
    }
}
