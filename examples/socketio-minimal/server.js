// A Socket.IO server for every hook of realtime-yew: `npm install socket.io`, then
// USERS='{"<a long random token>": {"id": "ada", "name": "Ada"}}' node server.js

import { createServer } from "node:http";
import { Server } from "socket.io";

// In earnest: whoever your sessions say. A user is who the token says, never who a message says.
const users = new Map(Object.entries(JSON.parse(process.env.USERS ?? "{}")));
const mayJoin = (user, channel) => ["stocks:ACME", "tasks"].includes(channel) || /^room:[\w-]{1,50}$/.test(channel);

// CORS keeps the pages of others from reading what they fetch here, but not from opening a WebSocket: so the origin is
// looked at in each handshake. Without ORIGINS the pages of this machine may come.
const origins = process.env.ORIGINS?.split(",");
const isLocal = (origin) => /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin);
const isAllowed = (origin) => origin === undefined || (origins ? origins.includes(origin) : isLocal(origin));

const stock = { symbol: "ACME", price: 100 };
const tasks = new Map();
const answers = new Map(); // by user, then by message: one that comes again is answered again, and changes nothing
const present = new Map(); // by channel and connection; gone with the connection
const MOST_TASKS = 1000;
const MOST_ANSWERS = 100; // of each user: nobody pushes out those of others
const MOST_PRESENT = 10_000;
const isText = (text, most) => typeof text === "string" && text.length > 0 && text.length <= most;

// What the hooks fetch.
const http = createServer(({ method, url, headers: { authorization, origin } }, response) => {
  const mayRead = users.has(authorization?.replace("Bearer ", ""));
  const states = { "/api/stock": () => stock, "/api/tasks": () => mayRead && [...tasks.values()] };
  const state = Object.hasOwn(states, url) ? states[url]() : undefined;
  response.setHeader("vary", "origin");
  if (origin && isAllowed(origin)) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-headers", "authorization");
  }
  if (method === "OPTIONS") return response.writeHead(204).end();
  response.writeHead(state ? 200 : state === false ? 401 : 404).end(JSON.stringify(state || null));
});
const io = new Server(http, {
  allowRequest: ({ headers }, done) => done(null, isAllowed(headers.origin)),
  connectionStateRecovery: { skipMiddlewares: false },
  maxHttpBufferSize: 16_384,
});
io.use((socket, next) => {
  socket.data.user = users.get(socket.handshake.auth.token);
  next(socket.data.user ? undefined : Object.assign(new Error("who are you?"), { data: { code: "unauthorized" } }));
});
setInterval(() => {
  stock.price = Math.round(stock.price * (99 + 2.1 * Math.random())) / 100;
  io.to("stocks:ACME").emit("stock:update", { channel: "stocks:ACME", ...stock });
}, 250);

io.on("connection", (socket) => {
  const { user } = socket.data;
  const refuse = (ack, code, message) => ack({ error: { code, message } });
  const on = (event, handle) => socket.on(event, (payload, ack = () => {}) => {
    if (!isText(payload?.channel, 100) || typeof ack !== "function") return;
    // Having joined is not enough: socket.io puts each socket into a room that has its id as a name.
    if (!mayJoin(user, payload.channel)) refuse(ack, "forbidden", "this channel is not yours");
    else if (event === "join" || socket.rooms.has(payload.channel)) handle(payload, ack);
    else refuse(ack, "forbidden", "join the channel first");
  });
  on("join", ({ channel }, ack) => {
    if (socket.rooms.size > 100) return refuse(ack, "limit_reached", "leave a channel first");
    socket.join(channel);
    ack({});
  });
  on("leave", ({ channel }) => part(channel) || socket.leave(channel));

  on("task:save", ({ channel, messageId, id, title }, ack) => {
    if (channel !== "tasks" || !isText(messageId, 100)) return refuse(ack, "invalid_data", "tasks are saved in `tasks`, with an id");
    const mine = answers.get(user.id) ?? new Map();
    if (mine.has(messageId)) return ack(mine.get(messageId));
    if (!isText(title, 200)) return refuse(ack, "invalid_data", "a task needs a title of at most 200 letters");
    if (!tasks.has(id) && tasks.size >= MOST_TASKS) return refuse(ack, "limit_reached", "there are too many tasks");
    const before = tasks.get(id) ?? { id: `t${tasks.size + 1}`, version: 0 };
    const item = { ...before, title, version: before.version + 1 };
    tasks.set(item.id, item);
    answers.set(user.id, mine.set(messageId, item));
    if (mine.size > MOST_ANSWERS) mine.delete(mine.keys().next().value);
    io.to(channel).emit("list:update", { channel, messageId, action: "upsert", item });
    ack(item);
  });

  const part = (channel) => {
    const left = { channel, userId: user.id, connectionId: socket.id };
    if (present.delete(channel + socket.id)) io.to(channel).emit("presence:leave", left);
  };
  on("presence:announce", ({ channel, status, metadata = null }, ack) => {
    const isNew = !present.has(channel + socket.id);
    if (isNew && present.size >= MOST_PRESENT) return refuse(ack, "limit_reached", "there are too many people");
    if (!isText(status, 50)) return refuse(ack, "invalid_data", "a status is a text of at most 50 letters");
    if (JSON.stringify(metadata).length > 2000) return refuse(ack, "invalid_data", "the metadata is too long");
    const row = { channel, userId: user.id, user, status, metadata, connectionId: socket.id };
    present.set(channel + socket.id, row);
    const members = [...present.values()].filter((other) => other.channel === channel);
    if (isNew) socket.emit("presence:sync", { channel, members });
    io.to(channel).emit("presence:update", row);
  });
  on("presence:leave", ({ channel }) => part(channel));
  for (const event of ["typing:start", "typing:stop"]) {
    on(event, ({ channel }) => socket.to(channel).emit(event, { channel, ...user }));
  }
  socket.on("disconnecting", () => socket.rooms.forEach(part));
});

http.listen(Number(process.argv[2] ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
