// A WebSocket server that is no Socket.IO server at all: on each connection it says the frames it was told
// to say, and keeps what it hears. So it can break every rule.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listen, options, serve } from './control.mjs';
import { versions } from './versions.mjs';

const seen = { connections: 0, heard: [], closes: [] };
const http = createServer((_request, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ noServer: true });

http.on('upgrade', (request, socket, head) => {
  if (options.status) {
    const body = options.body ?? '';
    socket.end(
      `HTTP/1.1 ${options.status}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    seen.connections += 1;
    return;
  }
  sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened));
});

/** A frame as the runner writes it: a string is text, `{ bytes }` is base64. */
const say = (socket, frame) =>
  socket.send(typeof frame === 'string' ? frame : Buffer.from(frame.bytes, 'base64'));

sockets.on('connection', (socket) => {
  seen.connections += 1;
  const script = options.script ?? {};
  for (const frame of script.greeting ?? []) say(socket, frame);
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? { bytes: data.toString('base64') } : data.toString();
    if (seen.heard.length < 1_000) seen.heard.push(text);
    // The first answer whose beginning fits what was heard.
    const answer = (script.answers ?? []).find(({ to }) => !isBinary && text.startsWith(to));
    for (const frame of answer?.frames ?? []) say(socket, frame);
  });
  socket.on('close', (code, reason) => seen.closes.push({ code, reason: reason.toString() }));
});

serve(
  { port: await listen(http), versions: versions('ws') },
  {
    seen: () => seen,
    script: (args) => {
      options.script = args;
    },
    say: ({ frames }) => {
      for (const socket of sockets.clients) for (const frame of frames) say(socket, frame);
    },
    close: ({ code, reason }) => {
      for (const socket of sockets.clients) socket.close(code, reason);
    },
  },
);
