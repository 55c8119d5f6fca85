<?php

declare(strict_types=1);

namespace WsServer\Revolt;

use Revolt\EventLoop\Internal\TimerCallback;

/**
 * What is due when. Revolt sets each timer's moment itself; the server's timers count from the turn in which they are
 * set, which would mix up those that are microseconds apart.
 *
 * @internal
 */
final class Timers
{
    /** Cancelled entries that are not worth sweeping. */
    private const FEW = 64;

    /** @var \SplMinHeap<array{float, int, TimerCallback}> */
    private \SplMinHeap $heap;

    /** @var array<string, int> id => number of its entry in the heap; other entries are dead */
    private array $live = [];

    private int $last = 0;

    public function __construct()
    {
        $this->heap = new \SplMinHeap();
    }

    public function add(TimerCallback $timer): void
    {
        $this->live[$timer->id] = ++$this->last;
        $this->heap->insert([$timer->expiration, $this->last, $timer]);
    }

    public function remove(string $id): void
    {
        unset($this->live[$id]);
        // Time limits are set often and hardly ever end: the dead must not pile up until their time comes.
        if (\count($this->heap) > 2 * \count($this->live) + self::FEW) {
            $heap = new \SplMinHeap();
            foreach ($this->heap as $entry) {
                if ($this->isLive($entry)) {
                    $heap->insert($entry);
                }
            }
            $this->heap = $heap;
        }
    }

    /** When the next one is due. */
    public function next(): ?float
    {
        while (!$this->heap->isEmpty()) {
            if ($this->isLive($this->heap->top())) {
                return $this->heap->top()[0];
            }
            $this->heap->extract();
        }
        return null;
    }

    /** Takes out the first one that is due. */
    public function due(float $now): ?TimerCallback
    {
        $next = $this->next();
        if ($next === null || $next > $now) {
            return null;
        }
        $timer = $this->heap->extract()[2];
        unset($this->live[$timer->id]);
        return $timer;
    }

    private function isLive(array $entry): bool
    {
        return ($this->live[$entry[2]->id] ?? null) === $entry[1];
    }
}
