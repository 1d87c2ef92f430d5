// A socket.io 4.8 server that speaks the default convention: `join` and `leave` with an answer, `channel`
// in every payload. What it does beside that is what the cases ask of it.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listen, options, serve } from './control.mjs';
import { hooks } from './hooks.mjs';
import { versions } from './versions.mjs';

// Loaded only where it is needed: it takes as long to load as everything else.
const shared = options.redis && (await (await import('./shared.mjs')).connect(options.redis));

const http = createServer(async (request, response) => {
  if (shared && request.url === '/tasks') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(await shared.tasks()));
  } else {
    response.writeHead(404).end();
  }
});

const io = new Server(http, {
  serveClient: false,
  path: options.path ?? '/socket.io/',
  pingInterval: options.pingInterval ?? 25_000,
  pingTimeout: options.pingTimeout ?? 20_000,
  maxHttpBufferSize: options.maxPayload ?? 1_000_000,
  ...(options.recovery && { connectionStateRecovery: { maxDisconnectionDuration: options.recovery } }),
  ...(shared && { adapter: shared.adapter }),
  allowRequest: (request, done) => {
    const refused = options.closed ? 'the server is being repaired' : null;
    done(refused, !refused);
  },
});

/** The tokens of all handshakes, the answers and messages that came, for the runner to ask about. */
const seen = { tokens: [], queries: [], messages: [], recovered: [], reasons: [] };
const note = (list, entry) => {
  if (list.length < 10_000) list.push(entry);
};

const refusal = (code, message) => Object.assign(new Error(message), { data: { code } });

function authenticate(socket, next) {
  const { token } = socket.handshake.auth;
  note(seen.tokens, token ?? null);
  note(seen.queries, socket.handshake.query);
  if (!options.auth || token?.startsWith('good')) next();
  else next(refusal('unauthorized', `the token is ${token === 'expired' ? 'expired' : 'unknown'}`));
}

const digest = (data) => ({
  bytes: data.length,
  sha256: createHash('sha256').update(data).digest('hex'),
  isBinary: Buffer.isBuffer(data),
});

function connected(socket) {
  const nsp = socket.nsp;
  note(seen.recovered, socket.recovered);
  socket.on('disconnect', (reason) => note(seen.reasons, reason));
  socket.on('join', (request, ack) => {
    const channel = typeof request === 'string' ? request : request.channel;
    if (channel.startsWith('forbidden')) {
      ack({ error: { code: 'forbidden', message: `nobody may join ${channel}` } });
      return;
    }
    socket.join(channel);
    ack({});
  });
  socket.on('leave', (request, ack) => {
    socket.leave(typeof request === 'string' ? request : request.channel);
    ack?.({});
  });
  // Everybody in the channel gets it, the sender too.
  socket.on('relay', (payload, ack) => {
    note(seen.messages, payload.messageId ?? null);
    nsp.to(payload.channel).emit('relay', payload);
    ack?.({ relayed: true });
  });
  socket.on('echo', (payload, ack) => ack(payload));
  socket.on('mute', () => {});
  socket.on('refuse', (_payload, ack) =>
    ack({ error: { code: 'invalid_data', message: 'text must not be empty' } }),
  );
  socket.on('fail', (_payload, ack) => ack('the disk is full'));
  socket.on('fail:node', (_payload, ack) => ack('the disk is full', null));
  socket.on('succeed:node', (payload, ack) => ack(null, payload));
  socket.on('digest', ({ parts }, ack) => ack({ parts: parts.map(digest) }));
  socket.on('bytes', ({ sizes }, ack) =>
    ack({ parts: sizes.map((size) => Buffer.alloc(size, size % 251)) }),
  );
  hooks(nsp, shared, socket);
}

for (const nsp of [io.of('/'), io.of(/^\/(open|room)-\w+$/)]) {
  nsp.use(authenticate);
  nsp.on('connection', connected);
}
io.of('/closed').use((_socket, next) => next(refusal('forbidden', 'this namespace is closed')));

/** Drops the connections without a word, as a broken network does. */
const cut = () => {
  const clients = Object.values(io.engine.clients);
  clients.forEach((client) => client.transport.socket._socket.destroy());
  return clients.length;
};

const space = ({ namespace }) => io.of(namespace ?? '/');
const all = async (args) => [...(await space(args).local.fetchSockets())];

serve(
  { port: await listen(http), versions: versions('socket.io', '@socket.io/redis-adapter', 'redis') },
  {
    seen: () => seen,
    /** How many sockets there are, and how many in each room that is not a socket's own. */
    census: (args) => {
      const { sockets, adapter } = space(args);
      const rooms = {};
      for (const [room, members] of adapter.rooms) {
        if (!sockets.has(room) && !adapter.sids.has(room)) rooms[room] = members.size;
      }
      return { sockets: sockets.size, clients: io.engine.clientsCount, rooms };
    },
    emit: (args) => {
      const { channel, event, payload, times = 1 } = args;
      const to = channel ? space(args).to(channel) : space(args);
      for (let at = 0; at < times; at += 1) to.emit(event, { ...payload, ...(channel && { channel }), at });
    },
    bytes: (args) => {
      const { channel, sizes } = args;
      const parts = sizes.map((size) => Buffer.alloc(size, size % 251));
      space(args).to(channel).emit('bytes', { channel, parts });
    },
    /** Asks every socket of a channel, and gives their answers or why there is none. */
    ask: async (args) => {
      const { channel, event, payload, timeout } = args;
      try {
        return { answers: await space(args).to(channel).timeout(timeout).emitWithAck(event, { ...payload, channel }) };
      } catch (error) {
        return { failed: error.message, answers: error.responses ?? [] };
      }
    },
    /** As `socket.disconnect(close)` on all. */
    dismiss: async (args) => (await all(args)).forEach((socket) => socket.disconnect(args.close ?? false)),
    /** Drops all connections and, when all are gone and none is back, says something to those who are not there. */
    cutAndEmit: async (args) => {
      const sockets = [...io.of('/').sockets.values()];
      const gone = sockets.map((socket) => new Promise((done) => socket.once('disconnect', done)));
      const count = cut();
      await Promise.all(gone);
      for (let at = 0; at < args.times; at += 1) {
        io.to(args.channel).emit(args.event, { channel: args.channel, at });
      }
      return count;
    },
    open: () => {
      options.closed = false;
    },
  },
);
