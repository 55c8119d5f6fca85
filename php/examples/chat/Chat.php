<?php

/*
 * A chat with rooms. A page connects to /ROOM?name=NAME; a room is there as long as somebody is in it.
 *
 * Pages send plain text. Everything that goes to them is JSON with a "type":
 *   welcome  you, room, people, said   once, to the page that has just come in; "said" is what was said lately
 *   came     name                      to the others in the room
 *   says     name, text, time          to everyone in the room
 *   left     name                      to the others
 */

final class Chat extends WsServer
{
    private const REMEMBERED = 20;   // messages a room
    private const LONGEST = 1000;    // bytes a message

    /** @var array<string, array{people: array<string, int>, said: list<array>}> name => its people (name => id) */
    private array $rooms = [];

    protected function onRequest(WsServer $server, WsRequest $request): void
    {
        parse_str($request->query, $query);
        $room = rawurldecode(substr($request->path, 1));
        $name = $query['name'] ?? '';
        if (!$this->isWord($room) || !$this->isWord($name)) {
            $request->reject(400, [], "A room and a name are letters, digits and dashes, twenty at most.\n");
        } elseif (isset($this->rooms[$room]['people'][$name])) {
            $request->reject(409, [], "There is a $name in this room.\n");
        } else {
            $request->accept(data: ['room' => $room, 'name' => $name]);
        }
    }

    protected function onOpen(WsConnection $c): void
    {
        ['room' => $room, 'name' => $name] = $c->data;
        if (isset($this->rooms[$room]['people'][$name])) {
            // Two asked for the name at once, and both were let in.
            $c->data = null;
            $c->close(4009, "There is a $name in this room.");
            return;
        }
        $this->rooms[$room] ??= ['people' => [], 'said' => []];
        $this->rooms[$room]['people'][$name] = $c->id;
        $c->subscribe($room);
        // Names made of digits have become numbers as keys.
        $people = array_map('strval', array_keys($this->rooms[$room]['people']));
        $c->sendText(self::json('welcome', ['you' => $name, 'room' => $room, 'people' => $people, 'said' => $this->rooms[$room]['said']]));
        $this->publish($room, self::json('came', ['name' => $name]), except: [$c->id]);
    }

    protected function onText(WsConnection $c, string $text): void
    {
        if ($c->data === null || trim($text) === '' || strlen($text) > self::LONGEST) {
            return;
        }
        ['room' => $room, 'name' => $name] = $c->data;
        $message = ['name' => $name, 'text' => $text, 'time' => time()];
        $said = &$this->rooms[$room]['said'];
        $said = array_slice([...$said, $message], -self::REMEMBERED);
        $this->publish($room, self::json('says', $message));
    }

    protected function onClose(WsConnection $c): void
    {
        if ($c->data === null) {
            return;
        }
        ['room' => $room, 'name' => $name] = $c->data;
        unset($this->rooms[$room]['people'][$name]);
        if ($this->rooms[$room]['people'] === []) {
            unset($this->rooms[$room]);
        } else {
            $this->publish($room, self::json('left', ['name' => $name]));
        }
    }

    private function isWord(mixed $word): bool
    {
        return is_string($word) && preg_match('/^[\p{L}\p{N}-]{1,20}$/Du', $word);
    }

    private static function json(string $type, array $fields): string
    {
        return json_encode(['type' => $type] + $fields, JSON_THROW_ON_ERROR);
    }
}
