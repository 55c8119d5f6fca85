// Chromium opens wss connections to the extension, trusting a CA that the test has made.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const EXTENSION = process.env.EXTENSION ?? join(root, 'target/release/libws_server.so');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let folder, server, address, context;

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ws-browser-tls-'));
  const at = (name) => join(folder, name);
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=browser test CA',
    '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', at('key.pem'), '-out', at('csr'));
  await writeFile(at('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  openssl('x509', '-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-days', '2', '-CAcreateserial',
    '-extfile', at('ext'), '-out', at('cert.pem'));
  // Chromium on Linux asks the NSS database of its user.
  await mkdir(at('.pki/nssdb'), { recursive: true });
  const database = `sql:${at('.pki/nssdb')}`;
  execFileSync('certutil', ['-d', database, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', database, '-A', '-t', 'C,,', '-n', 'test', '-i', at('ca.pem')]);

  await writeFile(at('server.php'), `<?php
    $server = new WsServer(['listen' => 'tls://127.0.0.1:0', 'compression' => true, 'origins' => 'any', 'log' => null,
      'tls' => ['cert' => '${at('cert.pem')}', 'key' => '${at('key.pem')}']]);
    $server->on('start', fn ($s) => print($s->addresses()[0] . "\\n"));
    $server->on('text', fn ($c, $m) => $c->sendText($m));
    exit($server->run());`);
  server = spawn('php', ['-d', `extension=${EXTENSION}`, at('server.php')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  address = line.replace('tls://127.0.0.1', 'wss://localhost');
  context = await chromium.launchPersistentContext(at('profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS,
    env: { ...process.env, HOME: folder },
  });
});

after(async () => {
  await context?.close();
  if (server) {
    server.kill('SIGTERM');
    const [status] = await once(server, 'exit');
    assert.equal(status, 0);
  }
  await rm(folder, { recursive: true, force: true });
});

/** What becomes of a conversation: the echoes, or the code of the close. */
const talk = (page, messages) => page.evaluate(([url, messages]) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  const echoes = [];
  socket.onopen = () => messages.forEach((message) => socket.send(message));
  socket.onmessage = ({ data }) => {
    echoes.push(data);
    if (echoes.length === messages.length) resolve({ echoes, extensions: socket.extensions });
  };
  socket.onclose = ({ code }) => resolve({ code });
}), [address, messages]);

test('a page talks over wss, compressed', async () => {
  const messages = ['hello', 'é 漢字 😀', 'x'.repeat(100000)];
  const { echoes, extensions } = await talk(await context.newPage(), messages);
  assert.deepEqual(echoes, messages);
  assert.match(extensions, /permessage-deflate/);
});

test('without the CA the browser refuses, and the server goes on', async () => {
  const empty = join(folder, 'stranger');
  await mkdir(empty);
  const stranger = await chromium.launchPersistentContext(join(empty, 'profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS,
    env: { ...process.env, HOME: empty },
  });
  assert.deepEqual(await talk(await stranger.newPage(), ['hello']), { code: 1006 });
  await stranger.close();
  assert.deepEqual((await talk(await context.newPage(), ['still here'])).echoes, ['still here']);
});
