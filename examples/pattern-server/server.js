// A Socket.IO server as it is written for React pages: rooms, no acknowledgements, and no event that says which room it is
// for. `npm ci`, then `node server.js`. realtime-yew needs three lines of options for it: see README.md.

import { createServer } from "node:http";
import { Server } from "socket.io";

const port = Number(process.argv[2] ?? 3000);
// The origins of the pages that may come here; without any, the pages of this machine. CORS keeps other pages from reading what
// is fetched, but no page from opening a WebSocket: `allowRequest` looks at the origin of each handshake.
const origins = process.argv[3]?.split(",");
const isLocal = (origin) => /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin);
const isAllowed = (origin) => origin === undefined || (origins ? origins.includes(origin) : isLocal(origin));

const stocks = { AAPL: { symbol: "AAPL", price: 150 }, MSFT: { symbol: "MSFT", price: 350 } };
const lists = { home: new Map(), work: new Map() };
const MOST_TODOS = 100;
let lastTodo = 0;

// What the hooks fetch.
const http = createServer(({ url, headers }, response) => {
  const [, api, kind, name] = url.split("/");
  const found = api === "api" && {
    stocks: () => Object.hasOwn(stocks, name) && stocks[name],
    lists: () => Object.hasOwn(lists, name) && [...lists[name].values()],
  }[kind]?.();
  const cors = headers.origin && isAllowed(headers.origin) ? { "access-control-allow-origin": headers.origin } : {};
  response.writeHead(found ? 200 : 404, { "content-type": "application/json", vary: "origin", ...cors });
  response.end(JSON.stringify(found || null));
});
const io = new Server(http, {
  maxHttpBufferSize: 16_384,
  allowRequest: ({ headers }, done) => done(null, isAllowed(headers.origin)),
});

setInterval(() => {
  for (const stock of Object.values(stocks)) {
    const hundreds = Math.floor(stock.price / 100) * 100;
    stock.price = hundreds + Math.floor(100 * Math.random());
    io.to(`stocks:${stock.symbol}`).emit("stock:update", stock);
  }
}, 100);

io.on("connection", (socket) => {
  const isText = (text) => typeof text === "string" && text.length > 0 && text.length <= 100;
  const on = (event, handle) => socket.on(event, (payload) => {
    if (isText(payload?.channel)) handle(payload);
  });
  on("subscribe", ({ channel }) => socket.rooms.size <= 100 && socket.join(channel));
  on("unsubscribe", ({ channel }) => {
    leave(channel);
    socket.leave(channel);
  });

  on("todo:add", ({ list, title }) => {
    if (!Object.hasOwn(lists, list) || !isText(title) || lists[list].size >= MOST_TODOS) return;
    const item = { id: (lastTodo += 1), list, title };
    lists[list].set(item.id, item);
    io.to(`lists:${list}`).emit("list:update", { action: "create", item });
  });
  on("todo:remove", ({ list, id }) => {
    if (!Object.hasOwn(lists, list) || !lists[list].delete(id)) return;
    io.to(`lists:${list}`).emit("list:update", { action: "delete", item: { id, list } });
  });

  const here = new Map(); // who this socket is, by channel
  const roomOf = (channel) => channel.replace("rooms:", "");
  const leave = (channel) => {
    const userId = here.get(channel);
    if (here.delete(channel)) io.to(channel).emit("presence:leave", { roomId: roomOf(channel), userId });
  };
  on("presence:announce", ({ channel, user, status }) => {
    if (!socket.rooms.has(channel) || !isText(user?.id)) return;
    here.set(channel, user.id);
    io.to(channel).emit("presence:update", { roomId: roomOf(channel), userId: user.id, user, status });
  });
  on("presence:leave", ({ channel }) => leave(channel));
  for (const event of ["typing:start", "typing:stop"]) {
    on(event, ({ channel, id, name }) => {
      if (socket.rooms.has(channel)) socket.to(channel).emit(event, { roomId: roomOf(channel), id, name });
    });
  }
  socket.on("disconnecting", () => [...here.keys()].forEach(leave));
});

http.listen(port, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
