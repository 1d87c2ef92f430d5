import assert from "node:assert/strict";
import { on, once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join as under } from "node:path";
import { test } from "node:test";
import { isKnown } from "../src/hosts.js";
import { join, serve, serveStrictly } from "./support.js";

const BRIEF = { headersTimeout: 200, requestTimeout: 300, keepAliveTimeout: 200, connectionsCheckingInterval: 20 };

const SOCKETS = "/socket.io/?EIO=4&transport=websocket";
const UPGRADE =
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Says something on a connection of its own; gives the connection, and all that comes until it ends. */
function say(t, server, text) {
  const { hostname, port } = new URL(server.url);
  const connection = connect(Number(port), hostname);
  t.after(() => connection.destroy());
  const heard = [];
  connection.on("data", (bytes) => heard.push(bytes)).on("error", () => {});
  if (text !== "") connection.write(text);
  const ended = once(connection, "close").then(() => Buffer.concat(heard).toString());
  return { connection, ended };
}

test("who does not ask in time, or whose body does not come, is given up", async (t) => {
  const server = await serveStrictly(t, BRIEF, "--trust-clients");
  const head = "POST /api/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
  for (const text of ["", "G", "GET / HTTP/1.1\r\nhost: localhost\r\n", head]) {
    const answer = await say(t, server, text).ended;
    assert.ok(answer === "" || answer.startsWith("HTTP/1.1 408"), answer);
  }
  const { connection, ended } = say(t, server, "GET / HTTP/1.1\r\n");
  const trickle = setInterval(() => connection.write("x-more: 1\r\n"), 20);
  await ended;
  clearInterval(trickle);
  const answer = await say(t, server, "GET /api/health HTTP/1.1\r\nhost: localhost\r\n\r\n").ended;
  assert.ok(answer.startsWith("HTTP/1.1 200"), answer);
});

test("a connection that never asks for a socket is closed", async (t) => {
  const server = await serveStrictly(t, { connectTimeout: 100 });
  const { connection } = say(t, server, `GET ${SOCKETS} HTTP/1.1\r\nhost: localhost\r\n${UPGRADE}\r\n`);
  for await (const [bytes] of on(connection, "data")) {
    // A close frame.
    if (bytes.includes(Buffer.from([0x88, 0x00])) || bytes.includes(Buffer.from([0x88, 0x02]))) break;
  }
  connection.destroy();
});

test("half-open requests have a cap, and sockets do not count", async (t) => {
  const server = await serve(t, "--max-requests", "3");
  const sockets = [];
  for (let n = 0; n < 6; n += 1) sockets.push(await join(t, server));
  const held = Array.from({ length: 3 }, () => say(t, server, "GET / HT"));
  const answer = await say(t, server, "").ended;
  assert.ok(answer.startsWith("HTTP/1.1 503"), answer);
  held[0].connection.destroy();
  let health;
  while (health === undefined) health = await server.request("GET", "/api/health").catch(() => undefined);
  assert.ok(health.body.turnedAway >= 1);
  for (const { ask } of sockets) await ask("leave", "tasks");
});

test("one address has only so many connections, sockets among them", async (t) => {
  const server = await serve(t, "--max-per-address", "2");
  await join(t, server);
  say(t, server, "GET / HT");
  const answer = await say(t, server, "").ended;
  assert.ok(answer.startsWith("HTTP/1.1 503"), answer);
});

test("a socket that goes on sending too fast is dropped, whatever it sends", async (t) => {
  const server = await serve(t, "--rate", "5");
  for (const args of [["launch"], ["join", 7], ["task:create", { title: Buffer.from("x") }]]) {
    const { socket } = await join(t, server, { reconnection: false });
    const gone = once(socket, "disconnect");
    for (let n = 0; n < 400; n += 1) socket.emit(...args);
    await gone;
  }
});

test("under a foreign name nothing is served, and a page elsewhere opens no socket", async (t) => {
  const server = await serve(t, "--host", "demo.test", "--host", "http://plain.test");
  const status = async (path, headers) => {
    const { connection } = say(t, server, `GET ${path} HTTP/1.1\r\n${headers}\r\n`);
    const [bytes] = await once(connection, "data");
    connection.destroy();
    return bytes.toString().slice(9, 12);
  };
  for (const path of ["/", "/api/health", "/api/tasks"]) {
    for (const host of ["host: evil.test\r\n", "host: localhost.evil.test\r\n", "", "host: localhost\r\nhost: evil.test\r\n"]) {
      assert.match(await status(path, host), /^40[03]$/, `${path} ${host}`);
    }
  }
  assert.equal(await status("http://evil.test/api/health", "host: localhost\r\n"), "403");
  for (const host of ["localhost", "127.0.0.1:1", "demo.test"]) assert.equal(await status("/api/health", `host: ${host}\r\n`), "200");
  for (const [host, origin, expected] of [
    ["evil.test", "http://evil.test", /^40[03]$/],
    ["localhost", "http://evil.test", /^40[03]$/],
    ["localhost", "http://evil.test\r\nx-forwarded-host: evil.test", /^40[03]$/],
    ["localhost", "null", /^40[03]$/],
    ["demo.test", "http://demo.test", /^40[03]$/],
    ["demo.test", "ftp://demo.test", /^40[03]$/],
    ["demo.test:8443", "https://demo.test", /^40[03]$/],
    ["demo.test", "https://demo.test", /^101$/],
    ["demo.test:443", "https://DEMO.test", /^101$/],
    ["plain.test", "https://plain.test", /^40[03]$/],
    ["plain.test", "http://plain.test", /^101$/],
    ["localhost", "ftp://localhost", /^40[03]$/],
    ["127.0.0.1", "https://demo.test\r\nx-forwarded-host: demo.test", /^40[03]$/],
    ["127.0.0.1", "http://localhost:8081\r\nx-forwarded-host: localhost:8081", /^101$/],
    ["[::1]:8080", "http://[::1]:8080", /^101$/],
    ["localhost", "http://localhost", /^101$/],
  ]) {
    assert.match(await status(SOCKETS, `host: ${host}\r\norigin: ${origin}\r\n${UPGRADE}`), expected, `${host} ${origin}`);
  }
  assert.ok(!isKnown("localhost@evil.test", []) && !isKnown("127.0.0.1.evil.test", []) && isKnown("[::1]:8080", []));
});

test("what begins with a dot, or is a link, is not served", async (t) => {
  const folder = mkdtempSync(under(tmpdir(), "realtime-node-demo-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const dist = under(folder, "dist");
  mkdirSync(under(dist, ".git"), { recursive: true });
  for (const [name, text] of [["secret", "hush"], ["dist/index.html", "<title>"], ["dist/app-1_2.js", "let app"], ["dist/.env", "hush"], ["dist/.git/config", "hush"]]) {
    writeFileSync(under(folder, name), text);
  }
  symlinkSync(under(folder, "secret"), under(dist, "linked.js"));
  symlinkSync(folder, under(dist, "up"));
  const server = await serve(t, "--dist", dist);
  const get = async (path) => (await say(t, server, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`).ended);
  assert.ok((await get("/app-1_2.js")).includes("let app"));
  for (const path of ["/.env", "/%2eenv", "/.git/config", "//.env", "/../secret.js", "/..%2fsecret.js", "/linked.js", "/up/secret.js", "/up/dist/app-1_2.js"]) {
    const answer = await get(path);
    assert.ok(!answer.includes("hush") && !answer.includes("let app"), `${path}: ${answer}`);
  }
});
