// ws, the usual WebSocket server of node: ws.mjs PORT. It does what the other servers of the bench do.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(new URL('../../tests/package.json', import.meta.url))('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('connection', (socket) => {
    socket.on('message', (data, binary) => {
        if (data[0] === 0x42) {
            for (const client of server.clients) client.send(data, { binary });
        } else {
            socket.send(data, { binary });
        }
    });
});
