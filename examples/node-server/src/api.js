// The REST part: the current state of every channel with the position it belongs to, and changes.

import { NOTIFICATIONS, STOCKS, TASKS, isRoomName, roomChannel, stockChannel } from "./channels.js";
import { Refusal, invalid, isRecord, quoted } from "./refusal.js";
import { isSameSecret } from "./sockets.js";

/** Answers requests under `/api`. With a token, all but the health check want `Authorization: Bearer …`. */
export function createApi(hub, io, options) {
  const at = (channel, body) => ({ position: hub.channels.position(channel), body });
  const change = (event, status) => async (request, id) => {
    const fields = request.method === "DELETE" ? {} : await json(request, options.maxMessageBytes);
    return { status, body: hub.changeTasks(event, id === undefined ? fields : { ...fields, id }) };
  };
  const routes = [
    ["GET", /^\/stocks$/, () => at(STOCKS, hub.market.stocks())],
    ["GET", /^\/stocks\/([^/]+)$/, (_, symbol) => at(stockChannel(symbol), hub.market.stock(symbol))],
    ["POST", /^\/stocks\/([^/]+)\/burst$/, async (request, symbol) => {
      const burst = await json(request, options.maxMessageBytes);
      return { status: 202, body: hub.startBurst(symbol, burst) };
    }],
    ["GET", /^\/tasks$/, () => at(TASKS, hub.board.tasks())],
    ["POST", /^\/tasks$/, change("task:create", 201)],
    ["PATCH", /^\/tasks\/([^/]+)$/, change("task:update", 200)],
    ["DELETE", /^\/tasks\/([^/]+)$/, change("task:delete", 200)],
    ["POST", /^\/tasks\/([^/]+)\/move$/, change("task:move", 200)],
    ["GET", /^\/rooms\/([^/]+)\/messages$/, (_, room) => {
      if (!isRoomName(room)) throw new Refusal("not_found", `there is no room ${quoted(room)}`);
      return at(roomChannel(room), hub.messages(room));
    }],
    ["GET", /^\/notifications$/, () => at(NOTIFICATIONS, hub.notifications)],
    ["POST", /^\/notifications$/, async (request) => {
      return { status: 201, body: hub.notify(await json(request, options.maxMessageBytes)) };
    }],
    ["GET", /^\/stress\/(\d+)\/(\d+)$/, (_, rows, perSecond) => {
      const { name, list } = hub.stress.list(rows, perSecond);
      return at(name, list.quotes());
    }],
    ["POST", /^\/stress\/(\d+)\/(\d+)\/burst$/, async (request, rows, perSecond) => {
      const { count } = await json(request, options.maxMessageBytes);
      hub.stress.startBurst(hub.stress.list(rows, perSecond), count);
      return { status: 202, body: null };
    }],
    ["GET", /^\/health$/, () => ({ body: health(hub, io) })],
  ];
  return async (request, response, path) => {
    try {
      if (path !== "/health") authorize(request, options.token);
      const { status = 200, body, position } = await find(routes, request.method, path)(request);
      if (position) {
        response.setHeader("x-realtime-epoch", position.epoch);
        response.setHeader("x-realtime-seq", position.seq);
        response.setHeader("cache-control", "no-store");
      }
      respond(response, status, body);
    } catch (error) {
      const refusal = Refusal.from(error);
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
  const [, pattern, handle] = route;
  const parts = pattern.exec(path).slice(1).map(decoded);
  return (request) => handle(request, ...parts);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("the address is not encoded as it should be");
  }
}

function authorize(request, token) {
  const [, given] = /^Bearer (.*)$/.exec(request.headers.authorization ?? "") ?? [];
  if (token !== undefined && !isSameSecret(token, given)) {
    throw new Refusal("unauthorized", "the token is missing or wrong");
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
