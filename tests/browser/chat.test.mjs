// Chromium drives the chat: two people in a room, one in another, a taken name, what was said before, leaving.
// SCREENSHOTS=DIR keeps pictures of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';

const run = fileURLToPath(new URL('../../php/examples/chat/run', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

let ports, example, url, profile, context;
const output = [];
const problems = [];

before(async () => {
  ports = { WS_PORT: String(await freePort()), HTTP_PORT: String(await freePort()) };
  example = spawn(run, { env: { ...process.env, ...ports }, stdio: ['ignore', 'pipe', 'pipe'] });
  example.stderr.on('data', (data) => output.push(String(data)));
  url = await new Promise((resolve, reject) => {
    createInterface({ input: example.stdout }).on('line', (line) => {
      const found = line.match(/The page: +(\S+)/);
      if (found) resolve(found[1]);
    });
    example.on('close', () => reject(new Error(`the example ended\n${output.join('')}`)));
  });
  profile = await mkdtemp(join(tmpdir(), 'chat-profile-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM, headless: true, args: FLAGS, viewport: { width: 900, height: 700 },
  });
});

after(async () => {
  await context?.close();
  if (profile) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  if (example?.exitCode === null) example.kill('SIGKILL');
});

async function openPage() {
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  return page;
}

async function enter(page, name, room) {
  await page.fill('#name', name);
  await page.fill('#room', room);
  await page.click('#enter');
}

async function inRoom(name, room) {
  const page = await openPage();
  await enter(page, name, room);
  await page.locator('#state[data-state=open]').waitFor();
  return page;
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

const message = (page, text) => page.locator('#messages li', { hasText: text });

test('people in a room hear each other, and nobody else does', async () => {
  const ada = await inRoom('Ada', 'kitchen');
  await ada.getByText('Nobody else is here.').waitFor();
  const bob = await inRoom('Bob', 'kitchen');
  const eve = await inRoom('Éve', 'Cellär-2');
  await ada.getByText('Here: Ada, Bob').waitFor();
  await message(ada, 'has come in').waitFor();

  await say(bob, '<b>tea</b>, anyone? é 漢字 😀');
  await message(ada, '<b>tea</b>, anyone? é 漢字 😀').waitFor();
  await message(bob, '<b>tea</b>, anyone?').waitFor();
  assert.equal(await ada.locator('#messages b').count(), 0);
  await say(ada, 'yes');
  await message(bob, 'yes').waitFor();
  if (process.env.SCREENSHOTS) await ada.screenshot({ path: join(process.env.SCREENSHOTS, 'chat.png') });

  // What was said to the kitchen has gone out before this; the cellar got its own only.
  await say(eve, 'alone');
  await message(eve, 'alone').waitFor();
  assert.equal(await eve.locator('#messages li').count(), 1);

  // A name is taken as long as somebody has it.
  const other = await openPage();
  await enter(other, 'Ada', 'kitchen');
  await other.getByText('You could not come in.').waitFor();
  await enter(other, 'no/name', 'kitchen');
  await other.getByText('Letters, digits and dashes only').waitFor();
  await enter(other, 'Ada', 'attic');
  await other.locator('#state[data-state=open]').waitFor();

  // Who leaves is gone, and who comes reads what was said.
  await bob.click('#leave');
  await message(ada, 'has left').waitFor();
  await ada.getByText('Nobody else is here.').waitFor();
  await enter(bob, '007', 'kitchen');
  await bob.getByText('Here: 007, Ada').waitFor();
  assert.deepEqual(await bob.locator('#messages .text').allTextContents(), ['<b>tea</b>, anyone? é 漢字 😀', 'yes']);
  await Promise.all([ada, bob, eve, other].map((page) => page.close()));
  assert.deepEqual(problems, []);
});

test('handshakes that are refused', async () => {
  const status = async (target, origin) => {
    const socket = new WebSocket(`ws://127.0.0.1:${ports.WS_PORT}${target}`, { origin });
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    return response.statusCode;
  };
  const origin = new URL(url).origin;
  assert.equal(await status('/', origin), 400);
  assert.equal(await status('/kitchen?name=', origin), 400);
  assert.equal(await status('/kitchen?name[]=x', origin), 400);
  assert.equal(await status('/kitchen?name=Ada', 'http://example.com'), 403);
});

test('Ctrl-C ends it, with a clean exit, and the pages are told', async () => {
  const page = await inRoom('Ada', 'kitchen');
  // Soon the page tries again, and says so: whoever looks later sees another state.
  await page.evaluate(() => {
    const state = document.getElementById('state');
    window.told = new Promise((resolve) => {
      new MutationObserver(() => state.textContent === 'server shut down' && resolve(true)).observe(state, { childList: true });
    });
  });
  const closed = once(example, 'close');
  example.kill('SIGINT');
  assert.deepEqual(await closed, [0, null], output.join(''));
  assert.equal(await page.evaluate(() => window.told), true);
  assert.doesNotMatch(output.join(''), /warning|notice|fatal|uncaught/i);
});
