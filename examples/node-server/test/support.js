// A server of each test's own, and the official client.

import { io } from "socket.io-client";
import { readOptions } from "../src/options.js";
import { start } from "../src/server.js";

/** Far longer than anything here takes: a test that reaches it has failed. */
export const PATIENCE = 20_000;

/** Starts a server whose prices stand still and which takes people's word, and stops it with the test. */
export const serve = (test, ...flags) => serveStrictly(test, {}, "--trust-clients", ...flags);

/** The same, but everybody needs a token; `patience` are other time-outs. */
export async function serveStrictly(test, patience, ...flags) {
  const options = readOptions(["--listen", "127.0.0.1:0", "--tick", "0", ...flags]);
  const server = await start({ ...options, patience });
  test.after(() => server.close());
  const request = async (method, path, body, headers = {}) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return { ...server, request };
}

/** Signs in as whoever alone knows a key that begins with a name. */
export async function signIn(server, name) {
  const { body } = await server.request("POST", "/api/session", { name, key: `${name}-0123456789abcdef` });
  return { ...body.user, token: body.token, bearer: { authorization: `Bearer ${body.token}` } };
}

/** A connected client over a WebSocket that keeps every event in `seen`. */
export async function join(test, server, options = {}) {
  const socket = io(server.url, { transports: ["websocket"], forceNew: true, reconnectionDelay: 20, ...options });
  test.after(() => socket.disconnect());
  const seen = [];
  socket.onAny((event, payload) => seen.push([event, payload]));
  await new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
  const ask = (event, payload) => socket.timeout(PATIENCE).emitWithAck(event, payload);
  return { socket, seen, ask };
}
