import assert from "node:assert/strict";
import { test } from "node:test";
import { join, serve } from "./support.js";

const create = (messageId, title) => ["task:create", { channel: "tasks", messageId, title }];

test("a change is answered, its event carries the id of the message, and a repeat changes nothing", async (t) => {
  const server = await serve(t);
  const [ada, lin] = [await join(t, server), await join(t, server)];
  await lin.ask("join", "tasks");
  const first = await ada.ask(...create("a-1", "Write"));
  assert.deepEqual([first.title, first.version], ["Write", 1]);
  assert.deepEqual(await ada.ask(...create("a-1", "Write")), first);
  assert.equal((await ada.ask(...create("a-1", "Read"))).error.code, "duplicate_id");
  await lin.ask("leave", "tasks");
  assert.deepEqual(lin.seen.map(([, { messageId, item }]) => [messageId, item.id]), [["a-1", first.id]]);
});

test("a message may come with its data beside its channel", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  await ada.ask("join", { channel: "tasks", data: {} });
  const task = await ada.ask("task:create", { channel: "tasks", id: "a-1", data: { title: "Write" } });
  await ada.ask("leave", "tasks");
  assert.deepEqual(ada.seen.map(([, { messageId, item }]) => [messageId, item.id]), [["a-1", task.id]]);
});

test("tasks are updated, moved and deleted with growing versions, and an old base is a conflict", async (t) => {
  const server = await serve(t);
  const { body: tasks } = await server.request("GET", "/api/tasks");
  const [first, last] = [tasks[0].id, tasks[5].id];
  const ada = await join(t, server);
  await ada.ask("join", "tasks");
  const patch = { id: last, done: true, assignee: null, editedBy: "Lin", baseVersion: 1 };
  assert.equal((await ada.ask("task:update", { ...patch, messageId: "a" })).version, 2);
  const { error } = await ada.ask("task:update", { ...patch, messageId: "b" });
  assert.deepEqual([error.code, typeof error.message], ["conflict", "string"]);
  const moved = await ada.ask("task:move", { id: last, before: first });
  assert.ok(moved.position < tasks[0].position && moved.version === 3);
  assert.deepEqual(await ada.ask("task:delete", { id: last }), { id: last, version: 4 });
  assert.equal((await ada.ask("task:delete", { id: last })).error.code, "not_found");
  const [update] = ada.seen.map(([, payload]) => payload);
  const { updatedAt } = update.item;
  assert.deepEqual(update.item, { id: last, version: 2, done: true, assignee: null, editedBy: "Lin", updatedAt });
  const { headers } = await server.request("GET", "/api/tasks");
  assert.equal(headers.get("x-realtime-seq"), "3");
});

test("a board without room between two tasks is numbered anew", async (t) => {
  const server = await serve(t);
  const order = async () => (await server.request("GET", "/api/tasks")).body.map(({ id }) => id);
  for (let round = 0; round < 60; round += 1) {
    const ids = await order();
    await server.request("POST", `/api/tasks/${ids[2]}/move`, { before: ids[1] });
    assert.equal((await order())[1], ids[2]);
  }
});

test("messages, notifications and bursts reach their channels and stay there", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  for (const channel of ["room:lobby", "notifications", "stocks:ACME"]) await ada.ask("join", channel);
  const said = await ada.ask("message:send", { channel: "room:lobby", userId: "u1", name: "Ada", text: "hello" });
  const { body: messages } = await server.request("GET", "/api/rooms/lobby/messages");
  assert.deepEqual(messages.map(({ id, text }) => [id, text]), [[said.id, "hello"]]);
  const notified = await server.request("POST", "/api/notifications", { title: "Tea" });
  assert.deepEqual([notified.status, notified.body.level], [201, "info"]);
  const burst = await server.request("POST", "/api/stocks/ACME/burst", { perSecond: 100, seconds: 1 });
  assert.deepEqual([burst.status, burst.body], [202, { count: 100, finalPrice: 101, firstSeq: 1, lastSeq: 100 }]);
  const ended = new Promise((resolve) => {
    ada.socket.on("stock:update", ({ seq, price }) => seq === 100 && resolve(price));
  });
  assert.equal(await ended, 101);
  const kinds = ada.seen.slice(0, 2).map(([event, payload]) => [event, payload.channel, payload.seq]);
  assert.deepEqual(kinds, [["list:update", "room:lobby", 1], ["notification", "notifications", 1]]);
});
