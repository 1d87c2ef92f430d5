import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { join, serve } from "./support.js";

test("the answer to a join has the position after which every event comes", async (t) => {
  const server = await serve(t);
  await server.request("POST", "/api/tasks", { title: "before" });
  const ada = await join(t, server);
  const { seq, epoch, recovered } = await ada.ask("join", { channel: "tasks" });
  assert.deepEqual([seq, recovered], [1, false]);
  await server.request("POST", "/api/tasks", { title: "after" });
  await ada.ask("leave", { channel: "tasks" });
  const [[event, payload], ...more] = ada.seen;
  assert.equal(event, "list:update");
  assert.deepEqual([payload.channel, payload.seq, payload.epoch], ["tasks", 2, epoch]);
  assert.deepEqual([payload.action, payload.item.title], ["create", "after"]);
  await server.request("POST", "/api/tasks", { title: "unseen" });
  await ada.ask("leave", "tasks");
  assert.deepEqual([more, ada.seen.length], [[], 1]);
});

test("who says how far they had come gets what they missed, in order, if it is still there", async (t) => {
  const server = await serve(t, "--history", "2");
  const ada = await join(t, server);
  const { epoch } = await ada.ask("join", "tasks");
  await ada.ask("leave", "tasks");
  for (const title of ["one", "two", "three"]) await server.request("POST", "/api/tasks", { title });
  const resume = (since, of = epoch) => ada.ask("join", { channel: "tasks", since, epoch: of });
  assert.deepEqual(await resume(1), { seq: 3, epoch, recovered: true });
  for (const [since, of] of [[0], [4], ["1"], [1, "another"]]) {
    assert.deepEqual(await resume(since, of), { seq: 3, epoch, recovered: false }, `${since}`);
  }
  assert.deepEqual(ada.seen.map(([, { item }]) => item.title), ["two", "three"]);
});

test("a lost connection is resumed by Socket.IO itself, with what was missed", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  await ada.ask("join", "tasks");
  await server.request("POST", "/api/tasks", { title: "seen" });
  await ada.ask("leave", "room:nobody");
  ada.socket.emit("demo:cut");
  const [reason] = await once(ada.socket, "disconnect");
  assert.equal(reason, "transport close");
  await server.request("POST", "/api/tasks", { title: "missed" });
  await once(ada.socket, "connect");
  assert.equal(ada.socket.recovered, true);
  await ada.ask("leave", "tasks");
  assert.deepEqual(ada.seen.map(([, { seq, item }]) => [seq, item.title]), [[1, "seen"], [2, "missed"]]);
  const { body } = await server.request("GET", "/api/health");
  assert.equal(body.recovered, 1);
});

test("unknown channels, and too many of them, are refused", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  for (const channel of ["weather", "room:", "room:a b", "stocks:NONE"]) {
    assert.equal((await ada.ask("join", { channel })).error.code, "unknown_channel", channel);
  }
  const before = server.hub.channels.size;
  for (let room = 0; room < 100; room += 1) assert.equal((await ada.ask("join", `room:${room}`)).error, undefined);
  assert.equal((await ada.ask("join", "tasks")).error.code, "too_many_subscriptions");
  for (let room = 0; room < 100; room += 1) await ada.ask("leave", `room:${room}`);
  assert.equal(server.hub.channels.size, before, "empty rooms do not pile up");
});
