// A conversation of two `ws` clients with an echo-and-broadcast server: node node_client.mjs URL. Prints "ok".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';

const url = process.argv[2];
const open = async () => {
  const socket = new WebSocket(url, { headers: { Cookie: 'sid=node', 'User-Agent': 'node' } });
  const queue = [];
  let wake = () => {};
  socket.on('message', (data, binary) => { queue.push(binary ? data : data.toString()); wake(); });
  socket.next = async () => {
    while (!queue.length) await new Promise((resolve) => { wake = resolve; });
    return queue.shift();
  };
  await once(socket, 'open');
  return socket;
};

const [one, two] = [await open(), await open()];
for (const text of ['hello', 'é 漢字 😀\n\t', '', 'x'.repeat(70000)]) {
  one.send(text);
  assert.equal(await one.next(), text);
}
for (const size of [0, 1, 125, 126, 65535, 65536, 300000]) {
  const bytes = Buffer.alloc(size, size % 251);
  one.send(bytes);
  assert.deepEqual(await one.next(), bytes);
}
one.send('all: to everyone');
assert.equal(await one.next(), 'to everyone');
assert.equal(await two.next(), 'to everyone');

one.ping('beat');
const [pong] = await once(one, 'pong');
assert.equal(pong.toString(), 'beat');

one.close(4321, 'enough');
const [code, reason] = await once(one, 'close');
assert.equal(code, 4321);
assert.equal(typeof reason.toString(), 'string');
two.send('two is still there');
assert.equal(await two.next(), 'two is still there');
two.close();
await once(two, 'close');
console.log('ok');
