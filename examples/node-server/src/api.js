// The REST part: the current state of every channel with the position it belongs to, and changes.

import { NOTIFICATIONS, STOCKS, TASKS, isRoomName, roomChannel, stockChannel } from "./channels.js";
import { check, signChange } from "./permissions.js";
import { Rates } from "./rates.js";
import { Refusal, invalid, isRecord, quoted } from "./refusal.js";
import { unauthorized } from "./tokens.js";

/**
 * Answers requests under `/api`. Who asks is said by `Authorization: Bearer …`; each address says which right on which
 * channel it needs, but for the health check and signing in.
 */
export function createApi(hub, io, tokens, options) {
  const rates = new Rates(options.rate);
  const at = (channel, body) => ({ position: hub.channels.position(channel), body });
  const bodyOf = (request) => json(request, options.maxMessageBytes);
  const change = (event, status) => async ({ request, visitor }, id) => {
    const fields = signChange(visitor, request.method === "DELETE" ? {} : await bodyOf(request));
    return { status, body: hub.changeTasks(event, id === undefined ? fields : { ...fields, id }) };
  };
  const stress = (rows, perSecond) => `stress:${rows}:${perSecond}`;
  const [tasks, notifications] = [() => TASKS, () => NOTIFICATIONS];
  const routes = [
    ["GET", /^\/stocks$/, "see", () => STOCKS, () => at(STOCKS, hub.market.stocks())],
    ["GET", /^\/stocks\/([^/]+)$/, "see", stockChannel, (_, symbol) => {
      return at(stockChannel(symbol), hub.market.stock(symbol));
    }],
    ["POST", /^\/stocks\/([^/]+)\/burst$/, "send", stockChannel, async ({ request }, symbol) => {
      return { status: 202, body: hub.startBurst(symbol, await bodyOf(request)) };
    }],
    ["GET", /^\/tasks$/, "see", tasks, () => at(TASKS, hub.board.tasks())],
    ["POST", /^\/tasks$/, "send", tasks, change("task:create", 201)],
    ["PATCH", /^\/tasks\/([^/]+)$/, "send", tasks, change("task:update", 200)],
    ["DELETE", /^\/tasks\/([^/]+)$/, "send", tasks, change("task:delete", 200)],
    ["POST", /^\/tasks\/([^/]+)\/move$/, "send", tasks, change("task:move", 200)],
    ["GET", /^\/rooms\/([^/]+)\/messages$/, "see", roomChannel, (_, room) => {
      if (!isRoomName(room)) throw new Refusal("not_found", `there is no room ${quoted(room)}`);
      return at(roomChannel(room), hub.messages(room));
    }],
    ["GET", /^\/notifications$/, "see", notifications, () => at(NOTIFICATIONS, hub.notifications)],
    ["POST", /^\/notifications$/, "send", notifications, async ({ request }) => {
      return { status: 201, body: hub.notify(await bodyOf(request)) };
    }],
    ["GET", /^\/stress\/(\d+)\/(\d+)$/, "see", stress, (_, rows, perSecond) => {
      const { name, list } = hub.stress.list(rows, perSecond);
      return at(name, list.quotes());
    }],
    ["POST", /^\/stress\/(\d+)\/(\d+)\/burst$/, "send", stress, async ({ request }, rows, perSecond) => {
      const { count } = await bodyOf(request);
      hub.stress.startBurst(hub.stress.list(rows, perSecond), count);
      return { status: 202, body: null };
    }],
    ["GET", /^\/health$/, undefined, undefined, () => ({ body: health(hub, io) })],
    ["POST", /^\/session$/, undefined, undefined, async ({ request }) => ({ body: tokens.open(await bodyOf(request)) })],
  ];
  return async (request, response, path) => {
    try {
      const handle = find(routes, request.method, path);
      const visitor = path === "/health" ? undefined : authenticate(request, tokens);
      if (visitor) rates.take(visitor.user?.id, request.socket.remoteAddress, Date.now());
      const { status = 200, body, position } = await handle(request, visitor);
      response.setHeader("cache-control", "no-store");
      if (position) {
        response.setHeader("x-realtime-epoch", position.epoch);
        response.setHeader("x-realtime-seq", position.seq);
      }
      respond(response, status, body);
    } catch (error) {
      const refusal = Refusal.from(error);
      if (refusal.retryAfter) response.setHeader("retry-after", Math.ceil(refusal.retryAfter / 1000));
      if (refusal.code === "unauthorized") response.setHeader("www-authenticate", "Bearer");
      respond(response, refusal.status, { error: refusal });
    }
  };
}

function find(routes, method, path) {
  const known = routes.filter(([, pattern]) => pattern.test(path));
  if (known.length === 0) throw new Refusal("not_found", "there is no such address in this API");
  const route = known.find(([wanted]) => wanted === method);
  if (!route) throw new Refusal("method_not_allowed", "this address does not take that method");
  const [, pattern, right, channelOf, handle] = route;
  const parts = pattern.exec(path).slice(1).map(decoded);
  return (request, visitor) => {
    if (right === undefined) return handle({ request });
    check(visitor, right, channelOf(...parts));
    return handle({ request, visitor }, ...parts);
  };
}

/** Who asks. */
function authenticate({ headers: { authorization } }, tokens) {
  if (authorization === undefined) return tokens.read(undefined).visitor;
  const [, token] = /^Bearer (.*)$/.exec(authorization) ?? [];
  if (token === undefined) throw unauthorized();
  return tokens.read(token).visitor;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("the address is not encoded as it should be");
  }
}

function health(hub, io) {
  const { epoch, size, events } = hub.channels;
  const connections = io.of("/").sockets.size;
  const [repeated, stressLists] = [hub.answers.repeated, hub.stress.size];
  return { status: "ok", epoch, connections, channels: size, events, repeated, stressLists, ...hub.stats };
}

/** The body of a request, which must be a JSON object. */
async function json(request, most) {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
    throw new Refusal("unsupported_media_type", "send the body as application/json");
  }
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > most) throw new Refusal("too_large", `at most ${most} bytes are taken at once`);
    chunks.push(chunk);
  }
  let body;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new Refusal("invalid_json", `the body is not JSON: ${error.message}`);
  }
  if (!isRecord(body)) throw invalid("send one object");
  return body;
}

function respond(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
