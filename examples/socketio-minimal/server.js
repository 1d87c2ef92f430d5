// A Socket.IO server for every hook of realtime-yew: `npm install socket.io`, then `node server.js`.

import { createServer } from "node:http";
import { Server } from "socket.io";

const stock = { symbol: "ACME", price: 100 };
const tasks = new Map();
const answers = new Map(); // by message: one that comes again is answered again, and changes nothing
const present = new Map(); // by channel and connection

// What the hooks fetch.
const http = createServer(({ url }, response) => {
  const state = { "/api/stock": stock, "/api/tasks": [...tasks.values()] }[url];
  response.writeHead(state ? 200 : 404, { "access-control-allow-origin": "*" }).end(JSON.stringify(state));
});
const io = new Server(http, { cors: { origin: "*" }, connectionStateRecovery: {} });
setInterval(() => {
  stock.price = Math.round(stock.price * (99 + 2.1 * Math.random())) / 100;
  io.to("stocks:ACME").emit("stock:update", { channel: "stocks:ACME", ...stock });
}, 250);

io.on("connection", (socket) => {
  const on = (event, handle) => socket.on(event, (payload, ack = () => {}) => {
    if (typeof payload?.channel === "string" && typeof ack === "function") handle(payload, ack);
  });
  on("join", ({ channel }, ack) => {
    if (socket.rooms.size > 100) return ack({ error: { code: "limit_reached", message: "leave a channel first" } });
    socket.join(channel);
    ack({});
  });
  on("leave", ({ channel }) => part(channel) || socket.leave(channel));

  on("task:save", ({ channel, messageId, id, title }, ack) => {
    if (answers.has(messageId)) return ack(answers.get(messageId));
    if (typeof title !== "string" || !title) return ack({ error: { code: "invalid_data", message: "a task needs a title" } });
    const before = tasks.get(id) ?? { id: `t${tasks.size + 1}`, version: 0 };
    const item = { ...before, title, version: before.version + 1 };
    tasks.set(item.id, item);
    answers.set(messageId, item);
    if (answers.size > 1000) answers.delete(answers.keys().next().value);
    io.to(channel).emit("list:update", { channel, messageId, action: "upsert", item });
    ack(item);
  });

  const part = (channel) => {
    const row = present.get(channel + socket.id);
    if (present.delete(channel + socket.id)) io.to(channel).emit("presence:leave", { ...row, user: undefined });
  };
  on("presence:announce", ({ channel, user, status, metadata }) => {
    if (!socket.rooms.has(channel)) return;
    const isNew = !present.has(channel + socket.id);
    const row = { channel, userId: user?.id, user, status, metadata, connectionId: socket.id };
    present.set(channel + socket.id, row);
    const members = [...present.values()].filter((other) => other.channel === channel);
    if (isNew) socket.emit("presence:sync", { channel, members });
    io.to(channel).emit("presence:update", row);
  });
  on("presence:leave", ({ channel }) => part(channel));
  on("typing:start", (typing) => socket.to(typing.channel).emit("typing:start", typing));
  on("typing:stop", (typing) => socket.to(typing.channel).emit("typing:stop", typing));
  socket.on("disconnecting", () => socket.rooms.forEach(part));
});

http.listen(Number(process.argv[2] ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
