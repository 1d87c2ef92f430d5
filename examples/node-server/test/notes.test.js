import assert from "node:assert/strict";
import { test } from "node:test";
import * as Y from "yjs";
import { join, serve, serveStrictly, signIn } from "./support.js";

const CHANNEL = "notes";

/** A page with the text open: what it hears it applies, what it writes it sends. */
async function open(test, server, options) {
  const { socket, ask } = await join(test, server, options);
  const doc = new Y.Doc();
  socket.on("text:update", ({ update }) => Y.applyUpdate(doc, update, "remote"));
  await ask("join", CHANNEL);
  let sent = 0;
  const send = (update) => ask("text:update", { channel: CHANNEL, messageId: `${socket.id}-${(sent += 1)}`, update });
  const sync = async () => {
    const { update, stateVector } = await ask("text:sync", { channel: CHANNEL, stateVector: Y.encodeStateVector(doc) });
    Y.applyUpdate(doc, update, "remote");
    return send(Y.encodeStateAsUpdate(doc, stateVector));
  };
  const text = doc.getText("body");
  return { socket, ask, doc, text, send, sync, live: () => doc.on("update", (u, origin) => origin !== "remote" && send(u)) };
}

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const untilSame = async (...pages) => {
  const texts = () => pages.map(({ text }) => text.toString());
  while (new Set(texts()).size > 1) await new Promise((done) => setTimeout(done, 5));
  return texts()[0];
};

test("two documents of yjs end with one text, whoever was away", async (t) => {
  const server = await serve(t);
  const [ada, lin] = [await open(t, server), await open(t, server)];
  for (const page of [ada, lin]) page.live();
  ada.text.insert(0, "one 😀 two");
  assert.equal(await untilSame(ada, lin), "one 😀 two");
  ada.text.insert(4, "A🎈");
  lin.text.delete(0, 4);
  lin.text.insert(0, "L€");
  await untilSame(ada, lin);
  lin.socket.disconnect();
  ada.text.insert(0, "while away ");
  const offline = Y.encodeStateVector(lin.doc);
  lin.text.insert(lin.text.length, "!");
  assert.ok(Y.encodeStateAsUpdate(lin.doc, offline).length > 2);
  lin.socket.connect();
  await lin.ask("join", CHANNEL);
  assert.deepEqual(await lin.sync(), {});
  const whole = await untilSame(ada, lin);
  assert.equal(whole, server.hub.notes.text("body"));
  assert.ok(whole.startsWith("while away ") && whole.endsWith("!"), whole);
  const late = await open(t, server);
  await late.sync();
  assert.equal(late.text.toString(), whole);
});

test("bytes may be base64, the answer has the position, a repeat changes nothing, and what is known is no event", async (t) => {
  const server = await serve(t);
  const [page, watcher] = [await open(t, server), await join(t, server)];
  await watcher.ask("join", CHANNEL);
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "hi");
  const message = { channel: CHANNEL, id: "m-1", data: { update: base64(Y.encodeStateAsUpdate(doc)) } };
  for (let time = 0; time < 2; time += 1) assert.deepEqual(await page.ask("text:update", message), {});
  assert.deepEqual(await page.ask("text:update", { ...message, id: "m-2" }), {});
  const answer = await page.ask("text:sync", { channel: CHANNEL, stateVector: "AA==" });
  assert.deepEqual([answer.seq, answer.epoch, Buffer.isBuffer(answer.update)], [1, server.hub.channels.epoch, true]);
  await watcher.ask("leave", CHANNEL);
  const events = watcher.seen.filter(([event]) => event === "text:update");
  assert.deepEqual(events.map(([, { messageId, seq }]) => [messageId, seq]), [["m-1", 1]]);
  assert.ok(Buffer.isBuffer(events[0][1].update));
});

test("what cannot be read, is no plain text, comes too early or is too large changes nothing", async (t) => {
  const server = await serve(t, "--max-message-bytes", "2000000", "--rate", "100000");
  const page = await open(t, server);
  page.text.insert(0, "hi 😀");
  await page.send(Y.encodeStateAsUpdate(page.doc));
  const before = () => base64(Y.encodeStateAsUpdate(page.doc)) === base64(server.hub.syncText(Buffer.from([0])).update);
  const codeOf = async (update) => (await page.send(update)).error?.code;
  const made = (change) => {
    const doc = new Y.Doc();
    change(doc);
    return Y.encodeStateAsUpdate(doc);
  };
  const early = new Y.Doc();
  early.getText("body").insert(0, "lost");
  const known = Y.encodeStateVector(early);
  early.getText("body").insert(4, "!");
  const beside = (client, clock) => [0x84, client, clock, 1, 120];
  const named = (client, clock) => [1, client, clock, 4, 1, 1, 116, 1, 120];
  const cases = [
    ["not base64", "invalid_data"],
    [7, "invalid_data"],
    [Buffer.from([]), "invalid_data"],
    [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 0]), "invalid_data"],
    [Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0]), "invalid_data"],
    [made((doc) => doc.getMap("m").set("k", "v")), "invalid_data"],
    [made((doc) => doc.getText("body").insert(0, "bold", { bold: true })), "invalid_data"],
    [made((doc) => doc.getArray("a").insert(0, [1])), "invalid_data"],
    [Y.encodeStateAsUpdate(early, known), "text_behind"],
    [Buffer.from([0, 1, 1, 1, 0, 5]), "text_behind"],
    [Buffer.from([1, 1, 1, 0, ...beside(1, 0), 0]), "invalid_data"],
    [Buffer.from([2, 1, 2, 0, ...beside(1, 0), 1, 1, 0, ...beside(2, 0), 0]), "invalid_data"],
    [made((doc) => doc.getText("body").insert(0, "x".repeat(600_000))), "text_full"],
    [Buffer.from([3, ...named(1, 0), ...named(2, 0), 1, 1, 1, ...beside(1, 0), 0]), "invalid_data"],
    // Named a second time with nothing: nothing is made, and nothing is kept for later.
    [Buffer.from([2, ...named(1, 0), 0, 1, 0, 1, 1, 1, 0, 1]), undefined],
  ];
  for (const [update, code] of cases) assert.equal(await codeOf(update), code, String(update).slice(0, 60));
  const whole = Y.encodeStateAsUpdate(page.doc);
  for (let end = 0; end < whole.length; end += 1) assert.equal(await codeOf(whole.slice(0, end)), "invalid_data");
  const elsewhere = await page.ask("text:sync", { channel: "tasks", stateVector: "AA==" });
  assert.equal(elsewhere.error.code, "forbidden");
  assert.equal((await page.ask("text:sync", { channel: CHANNEL, stateVector: "/w==" })).error.code, "invalid_data");
  assert.ok(before());
  for (let turn = 0; turn < 2_000; turn += 1) {
    const turned = Buffer.from(whole);
    turned[turn % whole.length] ^= 1 << Math.floor(turn / whole.length) % 8;
    await page.send(turned);
  }
  const { update } = server.hub.syncText(Buffer.from([0]));
  const fresh = new Y.Doc();
  Y.applyUpdate(fresh, update);
  assert.equal(fresh.getText("body").length, server.hub.notes.text("body").length);
});

test("users write and are seen in the text, and strangers are not let in", async (t) => {
  const server = await serveStrictly(t, {});
  const ada = await signIn(server, "Ada");
  const page = await open(t, server, { auth: { token: ada.token } });
  page.text.insert(0, "hi");
  assert.deepEqual(await page.sync(), {});
  const announcement = { channel: CHANNEL, user: { id: ada.id, name: "Ada" }, status: "online", metadata: { caret: "AA==" } };
  const told = new Promise((done) => page.socket.once("presence:update", done));
  await page.ask("presence:announce", announcement);
  assert.equal((await told).metadata.caret, "AA==");
  await assert.rejects(join(t, server));
});
