import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { readOptions } from "../src/options.js";
import { policyFor } from "../src/page.js";
import { join, serve } from "./support.js";

test("what makes no sense is refused with a reason, and the server lives on", async (t) => {
  const server = await serve(t);
  const ada = await join(t, server);
  const code = async (event, ...args) => (await ada.ask(event, ...args))?.error?.code;
  assert.equal(await code("nonsense", {}), "unknown_event");
  assert.equal(await code("constructor", {}), "unknown_event");
  for (const payload of [null, 7, ["tasks"], Buffer.from("tasks"), { channel: 7 }, { channel: "x".repeat(200) }, {}]) {
    assert.equal(await code("join", payload), "invalid_data", JSON.stringify(payload));
  }
  assert.equal(await code("task:create", { title: ["x"] }), "invalid_data");
  assert.equal(await code("task:create", { channel: "tasks", data: 7 }), "invalid_data");
  assert.equal(await code("task:create", { channel: "stocks", title: "x" }), "forbidden");
  assert.equal(await code("task:update", { id: "t1", done: "yes" }), "invalid_data");
  assert.equal(await code("task:move", { id: { toString: null } }), "invalid_data");
  ada.socket.emit("join");
  ada.socket.emit("task:create", null);
  assert.equal(await code("leave", "tasks"), undefined);
  const { body } = await server.request("GET", "/api/health");
  assert.equal(body.refused, 16);
});

test("a socket that sends too fast is slowed down", async (t) => {
  const server = await serve(t, "--rate", "5");
  const ada = await join(t, server);
  const answers = await Promise.all(Array.from({ length: 12 }, () => ada.ask("leave", "tasks")));
  const refused = answers.filter((answer) => answer?.error);
  assert.ok(refused.length > 0 && refused.every(({ error }) => error.code === "rate_limited" && error.retryAfter > 0));
});

test("requests are refused in the form of the API", async (t) => {
  const server = await serve(t, "--max-message-bytes", "100");
  const of = async (...request) => {
    const { status, body } = await server.request(...request);
    return [status, body.error.code];
  };
  assert.deepEqual(await of("GET", "/api/nothing"), [404, "not_found"]);
  assert.deepEqual(await of("PUT", "/api/tasks"), [405, "method_not_allowed"]);
  assert.deepEqual(await of("GET", "/api/stocks/NONE"), [404, "not_found"]);
  assert.deepEqual(await of("GET", "/api/stocks/%ff"), [422, "invalid_data"]);
  assert.deepEqual(await of("POST", "/api/tasks", [1]), [422, "invalid_data"]);
  assert.deepEqual(await of("POST", "/api/tasks", { title: "x".repeat(200) }), [413, "too_large"]);
  const plain = { "content-type": "text/plain" };
  assert.deepEqual(await of("POST", "/api/tasks", undefined, plain), [415, "unsupported_media_type"]);
  const page = await fetch(`${server.url}/..%2fserver.js`);
  assert.equal(page.status, 404);
});

test("a socket whose message is too large is dropped, and may come back", async (t) => {
  const server = await serve(t, "--max-message-bytes", "1000");
  const ada = await join(t, server);
  ada.socket.emit("message:send", { text: "x".repeat(2000) });
  await once(ada.socket, "disconnect");
  await once(ada.socket, "connect");
});

test("the policy of the page names each inline script, and lets nothing else stand in it", () => {
  const policy = policyFor('<script type="module">alert(1)</script><script src="a.js"></script>');
  assert.ok(policy.endsWith(" 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), policy);
  for (const lax of ["unsafe-inline", "'unsafe-eval'", "*", "http:", "https:", "ws:"]) {
    assert.ok(!policy.includes(lax), policy);
  }
});

test("the command line is read with care", () => {
  assert.deepEqual(readOptions(["--listen", "[::1]:0"]).listen, { host: "::1", port: 0 });
  assert.equal(readOptions([], { DEMO_SECRET: "s" }).secret, "s");
  for (const line of ["--listen 8080", "--tick -1", "--rate 0", "--history x", "--port 1"]) {
    assert.throws(() => readOptions(line.split(" ")), line);
  }
});
