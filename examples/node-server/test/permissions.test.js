import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Tokens } from "../src/tokens.js";
import { join, serve, serveStrictly, signIn } from "./support.js";

const ROOM = "room:lobby";

test("sockets and requests must bring a token of their own", async (t) => {
  const server = await serveStrictly(t, {});
  const ada = await signIn(server, "Ada");
  const socket = await join(t, server, { auth: { token: ada.token } });
  assert.equal((await socket.ask("join", "tasks")).seq, 0);
  for (const auth of [{}, { token: "wrong" }, { token: 7 }, { token: `${ada.token}A` }, { token: ada.token.slice(1) }]) {
    await assert.rejects(join(t, server, { auth }), (error) => error.data.code === "unauthorized");
  }
  for (const [headers, status] of [
    [{}, 401],
    [{ authorization: "Bearer wrong" }, 401],
    [{ authorization: `Basic ${ada.token}` }, 401],
    [ada.bearer, 200],
  ]) {
    assert.equal((await server.request("GET", "/api/tasks", undefined, headers)).status, status);
  }
  assert.equal((await server.request("GET", "/api/health")).status, 200);
});

test("whoever has the key is the user, and nobody can choose to be one", async (t) => {
  const server = await serveStrictly(t, {});
  const ada = await signIn(server, "Ada");
  assert.equal((await signIn(server, "Ada")).id, ada.id);
  for (const [body, code] of [
    [{ name: "Eve", user: ada.id }, "forbidden"],
    [{ name: "Eve", key: "guessable" }, "invalid_data"],
    [{ name: "Eve" }, "invalid_data"],
  ]) {
    assert.equal((await server.request("POST", "/api/session", body)).body.error.code, code);
  }
  const trusting = await serve(t);
  const { body } = await trusting.request("POST", "/api/session", { name: "Ada", user: "u-ada" });
  assert.deepEqual(body.user, { id: "u-ada", name: "Ada" });
});

test("a token is the same text as that of the server in Rust, and lasts as long as it says", () => {
  const tokens = new Tokens({ secret: "s", tokenLife: 1_000, trustClients: false });
  const { token, user, until } = tokens.open({ name: "Ada", key: "0123456789abcdef" });
  assert.equal(user.id, "u-9f9f5111f7b27a78");
  assert.deepEqual(tokens.read(token), { visitor: { user }, until });
  const old = new Tokens({ secret: "s", tokenLife: 0, trustClients: false }).open({ name: "Ada", key: "x".repeat(16) });
  for (const wrong of [old.token, "", ".", "a.b.c", "x".repeat(100_000), new Tokens({ tokenLife: 1_000 }).open({ name: "A", key: "x".repeat(16) }).token]) {
    assert.throws(() => tokens.read(wrong), { code: "unauthorized" });
  }
});

test("nobody can be present, type or write as somebody else, or under another name", async (t) => {
  const server = await serveStrictly(t, {});
  const [ada, eve] = [await signIn(server, "Ada"), await signIn(server, "Eve")];
  const watcher = await join(t, server, { auth: { token: ada.token } });
  const socket = await join(t, server, { auth: { token: eve.token } });
  for (const one of [watcher, socket]) await one.ask("join", ROOM);
  const said = (id) => [
    ["presence:announce", { channel: ROOM, user: { id, name: "Ada" }, status: "online" }],
    ["typing:start", { channel: ROOM, id, name: "Ada" }],
    ["message:send", { channel: ROOM, userId: id, name: "Ada", text: "hi" }],
  ];
  for (const [event, payload] of said(ada.id)) {
    assert.equal((await socket.ask(event, payload)).error.code, "forbidden", event);
  }
  await watcher.ask("leave", "tasks");
  assert.deepEqual(watcher.seen, []);
  for (const [event, payload] of said(eve.id)) await socket.ask(event, payload);
  await socket.ask("task:create", { title: "x", editedBy: "Ada" });
  await watcher.ask("leave", "tasks");
  const names = watcher.seen.map(([, { user, item, name }]) => user?.name ?? item?.name ?? name);
  assert.deepEqual(names, ["Eve", "Eve", "Eve"]);
  const { body } = await server.request("GET", "/api/tasks", undefined, ada.bearer);
  assert.equal(body.at(-1).editedBy, "Eve");
});

test("nobody uses up the message ids of others", async (t) => {
  const server = await serveStrictly(t, {});
  for (const name of ["Eve", "Ada"]) {
    const { token } = await signIn(server, name);
    const socket = await join(t, server, { auth: { token } });
    const made = await socket.ask("task:create", { messageId: "q7f-2", title: name });
    assert.equal(made.title, name);
  }
});

test("a room of one's own is closed to others in every way", async (t) => {
  const server = await serveStrictly(t, {});
  const [ada, eve] = [await signIn(server, "Ada"), await signIn(server, "Eve")];
  const socket = await join(t, server, { auth: { token: eve.token } });
  const channel = `room:own-${ada.id}`;
  for (const [event, payload] of [
    ["join", { channel }],
    ["message:send", { channel, userId: eve.id, name: "Eve", text: "hi" }],
    ["presence:announce", { channel, user: { id: eve.id, name: "Eve" }, status: "online" }],
    ["typing:start", { channel, id: eve.id, name: "Eve" }],
  ]) {
    assert.equal((await socket.ask(event, payload)).error.code, "forbidden", event);
  }
  const path = `/api/rooms/own-${ada.id}/messages`;
  assert.equal((await server.request("GET", path, undefined, eve.bearer)).status, 403);
  assert.equal((await server.request("GET", path, undefined, ada.bearer)).status, 200);
});

test("a stranger sees prices and nothing else", async (t) => {
  const server = await serveStrictly(t, {});
  for (const path of ["/api/stocks", "/api/stocks/ACME", "/api/stress/100/0"]) {
    assert.equal((await server.request("GET", path)).status, 200, path);
  }
  for (const [method, path, body] of [
    ["GET", "/api/tasks"],
    ["GET", "/api/rooms/lobby/messages"],
    ["GET", "/api/notifications"],
    ["POST", "/api/tasks", { title: "x" }],
    ["PATCH", "/api/tasks/t1", {}],
    ["DELETE", "/api/tasks/t1"],
    ["POST", "/api/tasks/t1/move", { before: null }],
    ["POST", "/api/notifications", { title: "x" }],
    ["POST", "/api/stocks/ACME/burst", { perSecond: 1, seconds: 1 }],
    ["POST", "/api/stress/100/0/burst", { count: 1 }],
  ]) {
    assert.equal((await server.request(method, path, body)).status, 401, `${method} ${path}`);
  }
});

test("requests have a rate for each user", async (t) => {
  const server = await serveStrictly(t, {}, "--rate", "5");
  const [eve, ada] = [await signIn(server, "Eve"), await signIn(server, "Ada")];
  const notify = ({ bearer }) => server.request("POST", "/api/notifications", { title: "x" }, bearer);
  const answers = [];
  for (let n = 0; n < 30; n += 1) answers.push(await notify(eve));
  const limited = answers.filter(({ status }) => status === 429);
  assert.ok(limited.length >= 10, `${limited.length}`);
  assert.equal(limited[0].headers.get("retry-after"), "1");
  assert.equal((await notify(ada)).status, 201);
});

test("a socket ends with its token", async (t) => {
  const server = await serveStrictly(t, {}, "--token-life", "300");
  const ada = await signIn(server, "Ada");
  const { socket } = await join(t, server, { auth: { token: ada.token }, reconnection: false });
  await once(socket, "disconnect");
});
