import assert from "node:assert/strict";
import { test } from "node:test";
import { join, serve } from "./support.js";

/** Waits for so many events; who asked for them time and again would be dropped for flooding the server. */
const until = ({ socket, seen }, count) =>
  new Promise((resolve) => {
    const look = () => {
      if (seen.length < count) return;
      socket.offAny(look);
      resolve();
    };
    socket.onAny(look);
    look();
  });

const LIMIT = { timeout: 30_000 };

test("a burst is just so many changes in order, and the list has them all", LIMIT, async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  const { epoch, seq } = await ada.ask("join", "stress:100:0");
  const before = await server.request("GET", "/api/stress/100/0");
  assert.deepEqual([before.body.length, before.body[7], seq], [100, { id: 7, version: 1, price: 170 }, 0]);
  assert.equal((await server.request("POST", "/api/stress/100/0/burst", { count: 700 })).status, 202);
  await until(ada, 700);
  assert.deepEqual(ada.seen.map(([, payload]) => payload.seq), Array.from({ length: 700 }, (_, index) => index + 1));
  const after = await server.request("GET", "/api/stress/100/0");
  assert.deepEqual([after.headers.get("x-realtime-seq"), after.headers.get("x-realtime-epoch")], ["700", epoch]);
  for (const [, { item, action }] of ada.seen) {
    assert.equal(action, "upsert");
    const row = after.body[item.id];
    if (row.version === item.version) assert.equal(row.price, item.price);
  }
});

test("a list changes by itself at its rate, and has a history of its own", LIMIT, async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  const { epoch } = await ada.ask("join", "stress:1000:1000");
  const other = await ada.ask("join", "stress:1000:0");
  assert.notEqual(other.epoch, epoch);
  await until(ada, 500);
  assert.equal((await server.request("GET", "/api/health")).body.stressLists, 2);
});

test("only what is offered can be asked for", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  for (const channel of ["stress:101:0", "stress:100:7", "stress:100", "stress:100:00"]) {
    assert.equal((await ada.ask("join", channel)).error.code, "unknown_channel", channel);
  }
  assert.equal((await server.request("GET", "/api/stress/100/7")).status, 404);
  for (const count of [0, 20_001, "7"]) {
    assert.equal((await server.request("POST", "/api/stress/100/0/burst", { count })).status, 422);
  }
});
