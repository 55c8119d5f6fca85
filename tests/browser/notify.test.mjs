// Chromium drives the example: two pages, a push through push.php, a message from one to the other, reload, close.
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

const run = fileURLToPath(new URL('../../php/examples/notify/run', import.meta.url));
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

/** The example, as `make run` starts it; resolves when it says where the page is. */
async function startExample(ports) {
  const child = spawn(run, { env: { ...process.env, ...ports }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stderr.on('data', (data) => output.push(String(data)));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      output.push(line);
      const found = line.match(/The page: +(\S+)/);
      if (found) resolve(found[1]);
    });
    child.on('close', () => reject(new Error(`the example ended\n${output.join('\n')}`)));
  });
  return { child, url, output };
}

let ports, example, profile, context;
const problems = [];

async function openPage() {
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(example.url);
  await page.locator('#state[data-state=open]').waitFor();
  return page;
}

const message = (page, text) => page.locator('#messages li', { hasText: text });

async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}

before(async () => {
  ports = { WS_PORT: String(await freePort()), HTTP_PORT: String(await freePort()) };
  example = await startExample(ports);
  profile = await mkdtemp(join(tmpdir(), 'notify-profile-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM, headless: true, args: FLAGS, viewport: { width: 900, height: 700 },
  });
});

after(async () => {
  await context?.close();
  if (profile) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  if (example?.child.exitCode === null) {
    example.child.kill('SIGKILL');
  }
});

test('two pages connect, get what is pushed, talk, reload and leave', async () => {
  const one = await openPage();
  const two = await openPage();
  await one.getByText('2 pages are connected').waitFor();

  // A push through push.php, as a web application does it, reaches both.
  const answer = await fetch(new URL('push.php', example.url), { method: 'POST', body: new URLSearchParams({ message: 'From elsewhere: é 漢字 😀' }) });
  assert.deepEqual(await answer.json(), { result: 'pushed' });
  await message(one, 'From elsewhere: é 漢字 😀').waitFor();
  await message(two, 'From elsewhere: é 漢字 😀').waitFor();

  // So does one by the button of the page.
  await one.fill('#text', 'By the button');
  await one.click('#push');
  await message(one, 'By the button').waitFor();
  await message(two, 'By the button').waitFor();

  // A message typed in one reaches the other, once, and stays text.
  await one.fill('#text', '<b>typed</b> in one');
  await one.press('#text', 'Enter');
  await message(two, '<b>typed</b> in one').waitFor();
  assert.equal(await message(two, '<b>typed</b> in one').count(), 1);
  assert.equal(await two.locator('#messages b').count(), 0);
  await two.fill('#text', 'and back');
  await two.click('#send');
  await message(one, 'and back').waitFor();
  assert.match(await message(one, 'and back').locator('time').textContent(), /^\d\d:\d\d:\d\d\.\d{3}$/);
  await picture(one, 'talking');

  // A reload is a new connection with the same name.
  const name = await one.locator('#who').textContent();
  await one.reload();
  await one.locator('#state[data-state=open]').waitFor();
  await one.getByText('2 pages are connected').waitFor();
  assert.equal((await one.locator('#who').textContent()).split('.')[0], name.split('.')[0]);
  await two.fill('#text', 'after the reload');
  await two.click('#send');
  await message(one, 'after the reload').waitFor();

  // Who leaves is noticed.
  await two.close();
  await one.getByText('Nobody else is here').waitFor();
  await one.close();
  assert.deepEqual(problems, []);
});

test('push.php answers honestly', async () => {
  const ask = async (body) => {
    const answer = await fetch(new URL('push.php', example.url), { method: 'POST', body: new URLSearchParams(body) });
    return [answer.status, Object.keys(await answer.json())[0]];
  };
  assert.deepEqual(await ask({}), [400, 'error']);
  assert.deepEqual(await ask({ message: ' ' }), [400, 'error']);
  assert.deepEqual(await ask({ message: 'x'.repeat(5000) }), [413, 'error']);
  assert.deepEqual(await ask({ message: 'ok' }), [200, 'result']);
});

test('a busy port gives one clear line', async () => {
  const second = spawn(run, { env: { ...process.env, ...ports }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  second.stdout.on('data', (data) => { said += data; });
  second.stderr.on('data', (data) => { said += data; });
  const [status] = await once(second, 'close');
  assert.equal(status, 1);
  assert.match(said, new RegExp(`^run: port ${ports.WS_PORT} .*in use.*\n$`));
});

test('a page reconnects by itself, and Ctrl-C ends everything cleanly', async () => {
  const page = await openPage();
  await example.child.kill('SIGINT');
  const [status] = await once(example.child, 'exit');
  assert.equal(status, 0, example.output.join('\n'));
  await page.locator('#state[data-state=closed]').waitFor();
  await assert.rejects(fetch(example.url)); // the web server is gone too

  problems.length = 0; // failing to reconnect is an error in the console, as it should be
  example = await startExample(ports);
  await page.locator('#state[data-state=open]').waitFor();
  await picture(page, 'reconnected');
  await page.close();
  example.child.kill('SIGINT');
  assert.equal((await once(example.child, 'exit'))[0], 0, example.output.join('\n'));
});
