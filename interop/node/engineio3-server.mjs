// A socket.io 2.5 server: it speaks Engine.IO 3, which a client of the fourth version must recognise.
import { createServer } from 'node:http';
import socketio from 'socket.io-2';
import { listen, options, serve } from './control.mjs';
import { versions } from './versions.mjs';

const http = createServer((_request, response) => response.writeHead(404).end());
const seen = { connections: 0 };
socketio(http, { serveClient: false, path: options.path ?? '/socket.io' }).on('connection', () => {
  seen.connections += 1;
});

serve({ port: await listen(http), versions: versions('socket.io-2') }, { seen: () => seen });
