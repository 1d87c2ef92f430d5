import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { join, serve } from "./support.js";

const channel = "room:lobby";
const announce = (id, more = {}) => {
  return ["presence:announce", { channel, user: { id, name: id }, status: "online", ...more }];
};

test("who comes is told who is there, the others that they came, and that they left", async (t) => {
  const server = await serve(t);
  const [ada, lin] = [await join(t, server), await join(t, server)];
  for (const one of [ada, lin]) await one.ask("join", channel);
  await ada.ask(...announce("ada", { metadata: [1] }));
  await lin.ask(...announce("lin"));
  const [, { members }] = lin.seen.find(([event]) => event === "presence:sync");
  const told = members.map(({ userId, metadata }) => [userId, metadata]);
  assert.deepEqual(told, [["ada", [1]], ["lin", undefined]]);
  await ada.ask(...announce("ada", { status: "busy" }));
  const syncs = ada.seen.filter(([name]) => name === "presence:sync");
  assert.equal(syncs.length, 1, "only the first announcement is answered by the whole room");
  const gone = once(ada.socket, "presence:leave");
  const connectionId = lin.socket.id;
  lin.socket.disconnect();
  assert.deepEqual(await gone.then(([payload]) => payload), { channel, userId: "lin", connectionId });
});

test("typing is passed on to the others, and ends with the connection", async (t) => {
  const server = await serve(t);
  const [ada, lin] = [await join(t, server), await join(t, server)];
  for (const one of [ada, lin]) await one.ask("join", channel);
  await lin.ask("typing:start", { channel, id: "lin", name: "Lin" });
  const gone = once(ada.socket, "typing:stop");
  lin.socket.disconnect();
  assert.deepEqual(await gone.then(([payload]) => payload), { channel, id: "lin" });
  assert.deepEqual(ada.seen[0], ["typing:start", { channel, id: "lin", name: "Lin" }]);
  assert.deepEqual(lin.seen, [], "nobody is told of their own typing");
});

test("only rooms have people, and only those who have joined are in them", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  assert.equal((await ada.ask(...announce("ada"))).error.code, "forbidden");
  await ada.ask("join", "tasks");
  assert.equal((await ada.ask(...announce("ada", { channel: "tasks" }))).error.code, "forbidden");
  await ada.ask("join", channel);
  assert.equal((await ada.ask(...announce("ada", { metadata: "x".repeat(5000) }))).error.code, "invalid_data");
});
