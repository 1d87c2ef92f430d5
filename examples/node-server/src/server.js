// A whole server: REST and the page over HTTP, everything live over Socket.IO, all in memory.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { createApi } from "./api.js";
import { PATIENCE, limitConnections } from "./connections.js";
import { isForUs, isSameOrigin } from "./hosts.js";
import { Hub } from "./hub.js";
import { createPage } from "./page.js";
import { serveSockets } from "./sockets.js";
import { Tokens } from "./tokens.js";

/** How long a present member may be silent. */
const PRESENCE_LIFE = 75_000;
/** Packets that may wait for one socket before it is given up as too slow; it resumes from the last one it saw. */
const QUEUE = 4_096;
/** How long a connection may take to say who it is. */
const CONNECT_WITHIN = 5_000;

/** Starts a server; resolves when it listens. `close` stops it. */
export async function start(options) {
  const http = createServer({ ...PATIENCE, ...options.patience });
  const io = new Server(http, {
    serveClient: false,
    transports: ["websocket"],
    // How long a connection may take to ask for a socket.
    connectTimeout: options.patience?.connectTimeout ?? CONNECT_WITHIN,
    maxHttpBufferSize: options.maxMessageBytes,
    allowRequest: (request, answer) => answer(...admit(request, io, options)),
    // The middlewares run again for those who come back: a token may have expired meanwhile.
    ...(options.recovery > 0 && {
      connectionStateRecovery: { maxDisconnectionDuration: options.recovery, skipMiddlewares: false },
    }),
  });
  const hub = new Hub(io, options);
  const tokens = new Tokens(options);
  limitConnections(http, options, () => (hub.stats.turnedAway += 1));
  serveSockets(io, hub, tokens, options);
  const [api, page] = [createApi(hub, io, tokens, options), createPage(options.dist)];
  http.on("request", (request, response) => {
    if (!isForUs(request, options.hosts)) return turnAway(response);
    const [path] = request.url.split("?");
    if (path.startsWith("/socket.io/")) return;
    const [, rest] = /^\/api(\/.*)$/.exec(path) ?? [];
    (rest === undefined ? page(request, response, path) : api(request, response, rest)).catch((error) => {
      console.error("a request failed:", error);
      response.destroy();
    });
  });
  const timers = [
    options.tick > 0 && setInterval(() => hub.movePrices(), options.tick),
    setInterval(() => hub.expireMembers(PRESENCE_LIFE), PRESENCE_LIFE / 10),
    setInterval(() => dropSlow(io, hub), 1_000),
  ];
  const stopped = new AbortController();
  hub.stress.run(stopped.signal);
  await new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.listen.port, options.listen.host, resolve);
  });
  const { address, port, family } = http.address();
  const close = async () => {
    timers.forEach(clearInterval);
    stopped.abort();
    const closed = io.close();
    http.closeAllConnections();
    await closed;
  };
  return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`, hub, io, close };
}

/** Only a page of this host, or no page at all, may open a socket, and only so many. */
function admit(request, io, { anyOrigin, hosts, maxConnections }) {
  if (!isForUs(request, hosts)) return [UNKNOWN_HOST, false];
  if (!anyOrigin && !isSameOrigin(request, hosts)) return ["open the socket from a page of this host", false];
  if (io.engine.clientsCount >= maxConnections) return ["this server is full: try again later", false];
  return [null, true];
}

const UNKNOWN_HOST = "this server does not answer under that name: start it with --host and the name";

function turnAway(response) {
  response.writeHead(403, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ error: { code: "forbidden", message: UNKNOWN_HOST } }));
}

function dropSlow(io, hub) {
  for (const socket of io.of("/").sockets.values()) {
    if (socket.conn.writeBuffer.length > QUEUE) {
      hub.stats.slowConsumers += 1;
      socket.conn.close(true);
    }
  }
}
