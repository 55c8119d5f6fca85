// Chromium looks at the status page: figures, plots, the log as text, a stuck callback, an end and a new beginning, in
// light and dark. SCREENSHOTS=DIR keeps pictures of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';

const EXTENSION = process.env.EXTENSION ?? fileURLToPath(new URL('../../target/release/libws_server.so', import.meta.url));
const PHP = process.env.PHP ?? 'php';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// A line on standard input lets a client that has sent "block" go on.
const APPLICATION = String.raw`<?php
$server = new WsServer(json_decode($argv[1], true));
class App {
    static function onText(WsConnection $c, string $m) {
        if ($m === 'block') { echo "blocks\n"; fgets(STDIN); }
        if ($m === 'throw') { throw new Exception('<b>bold</b><img src=x onerror="document.title=1">'); }
        usleep(mt_rand(0, 3000));
        $c->sendText($m);
    }
}
$server->on('start', fn () => print("ready\n"));
$server->on('text', 'App::onText');
$server->on('binary', fn ($c, $m) => $server->broadcastBinary($m));
$server->timer(0.2, fn () => usleep(mt_rand(100, 2000)), true);
exit($server->run());
`;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

let folder, ports, application, context;
const problems = [], requests = [];

/** The server, listening; `says(line)` waits for what it prints. */
async function start() {
  const options = {
    listen: `tcp://127.0.0.1:${ports.server}`, metrics: `tcp://127.0.0.1:${ports.status}`, stall_after: 1, origins: 'any',
  };
  const child = spawn(PHP, ['-d', `extension=${EXTENSION}`, join(folder, 'app.php'), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors = [], lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stderr.on('data', (data) => errors.push(String(data)));
  const says = async (line) => assert.equal((await lines.next()).value, line, errors.join(''));
  await says('ready');
  return { child, says };
}

async function client() {
  const socket = new WebSocket(`ws://127.0.0.1:${ports.server}/`);
  await once(socket, 'open');
  return socket;
}

/** An answer to each message. */
async function talk(socket, message, times) {
  for (let i = 0; i < times; i++) {
    socket.send(message);
    await once(socket, 'message');
  }
}

async function look(colorScheme, viewport = { width: 1200, height: 1000 }) {
  const page = await context.newPage({ colorScheme, viewport });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  await page.goto(`http://127.0.0.1:${ports.status}/`);
  return page;
}

const health = (page, state) => page.locator(`#health[data-state=${state}]`).waitFor();

async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ws-status-'));
  await writeFile(join(folder, 'app.php'), APPLICATION);
  ports = { server: await freePort(), status: await freePort() };
  application = await start();
  context = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
});

after(async () => {
  await context?.close();
  application?.child.kill('SIGKILL');
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('figures, plots and the log are those of the server', async () => {
  const clients = await Promise.all([client(), client(), client()]);
  const page = await look('light');
  await health(page, 'ok');
  assert.equal(await page.locator('#health').textContent(), 'Healthy');
  clients[0].send('throw');
  await once(clients[0], 'close');
  for (let round = 0; round < 3; round++) {
    await talk(clients[1], 'x'.repeat(500), 30);
    await talk(clients[2], Buffer.alloc(2000), 20);
  }
  // Its own connection is none of the server's.
  await page.locator('section', { hasText: 'Clients' }).locator('dd', { hasText: /^2$/ }).waitFor();
  await page.locator('#totals dd').first().getByText('3', { exact: true }).waitFor();
  await page.locator('#totals', { hasText: 'Closed: aborted' }).waitFor();
  const text = page.locator('#callbacks tr', { hasText: 'text' });
  await text.locator('td').nth(1).getByText('91', { exact: true }).waitFor();
  assert.match(await text.locator('td').nth(3).textContent(), /^[\d.]+ (µs|ms|s)$/);
  assert.deepEqual((await page.locator('#callbacks td:first-child').allTextContents()).sort(), ['binary', 'start', 'text', 'timer']);
  // What happened in the last minutes is plotted, and told for the moment under the pointer.
  const plots = page.locator('.plot');
  assert.equal(await plots.count(), 4);
  for (const plot of await plots.all()) {
    await plot.locator('path:not(.area)').first().and(page.locator('[d*=L]')).waitFor({ state: 'attached' });
  }
  const { x, y, width, height } = await plots.first().boundingBox();
  await page.mouse.move(x + width - 2, y + height / 2);
  await page.locator('.axis', { hasText: /\d\d:\d\d:\d\d/ }).first().waitFor();
  await page.mouse.move(x, y - 60);
  await page.locator('.axis', { hasText: '5 minutes ago' }).first().waitFor();
  // The log is text, whatever is in it.
  await page.locator('#log li', { hasText: '<b>bold</b><img src=x' }).waitFor();
  assert.equal(await page.locator('#log b, #log img').count(), 0);
  assert.match(await page.title(), /^2 clients – ws_server$/);
  await picture(page, 'status-light');
  // One that comes later sees what was before.
  const later = await look('dark');
  await health(later, 'ok');
  await later.locator('#log li', { hasText: 'bold' }).waitFor();
  await later.locator('.plot path.a[d*=L]').first().waitFor({ state: 'attached' });
  await picture(later, 'status-dark');
  const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(await background(page), await background(later));
  const narrow = await look('light', { width: 400, height: 800 });
  await health(narrow, 'ok');
  assert.ok(await narrow.evaluate(() => document.documentElement.scrollWidth <= 400), 'nothing sticks out');
  await picture(narrow, 'status-narrow');
  await Promise.all([page, later, narrow].map((page) => page.close()));
  clients.forEach((client) => client.terminate());
  assert.deepEqual(problems, []);
});

test('a stuck callback is seen, with its name, and its end', async () => {
  const page = await look('light');
  await health(page, 'ok');
  const stuck = await client();
  stuck.send('block');
  await application.says('blocks');
  await health(page, 'stalled');
  assert.match(await page.locator('#health').textContent(), /^Stalled for \d+ s in text \(App::onText\)$/);
  await picture(page, 'status-stalled');
  application.child.stdin.write('go\n');
  await once(stuck, 'message');
  await health(page, 'ok');
  stuck.terminate();
  await page.close();
  assert.deepEqual(problems, []);
});

test('the page loads nothing from anywhere, and nothing can be put into it', async () => {
  const page = await look('light');
  await health(page, 'ok');
  const strangers = requests.filter((url) => !/^(http|ws):\/\/127\.0\.0\.1:/.test(url) && !url.startsWith('data:'));
  assert.deepEqual(strangers, []);
  const paths = requests.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).pathname);
  assert.deepEqual([...new Set(paths)].sort(), ['/', '/live']);
  // The policy keeps scripts out that are not the page's own.
  const injected = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    return window.injected ?? false;
  });
  assert.equal(injected, false);
  assert.match(problems.pop() ?? '', /Content Security Policy/);
  await page.close();
  // Nor does a page of elsewhere hear what this one does.
  const elsewhere = await context.newPage();
  await elsewhere.goto('about:blank');
  const outcome = await elsewhere.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve('open');
    socket.onclose = ({ code }) => resolve(`closed ${code}`);
  }), `ws://127.0.0.1:${ports.status}/live`);
  assert.equal(outcome, 'closed 1006');
  await elsewhere.close();
  assert.deepEqual(problems, []);
});

test('it says when the server is gone, and comes back with it', async () => {
  const page = await look('dark');
  await health(page, 'ok');
  application.child.kill('SIGTERM');
  await once(application.child, 'close');
  await health(page, 'offline');
  assert.equal(await page.locator('#health').textContent(), 'Not connected');
  await picture(page, 'status-offline');
  application = await start();
  await health(page, 'ok');
  assert.ok(!(await page.locator('body').getAttribute('class')).includes('offline'));
  await page.close();
  // While it was gone, the browser said so.
  assert.ok(problems.splice(0).every((problem) => problem.includes('ERR_CONNECTION_REFUSED')));
});
