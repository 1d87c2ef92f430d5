// Connections: how long they may take to say what they want, and how many there may be.

import { isIP } from "node:net";

/** Time-outs in milliseconds, for `createServer`. */
export const PATIENCE = {
  headersTimeout: 15_000,
  // A whole request, with its body.
  requestTimeout: 20_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 32 * 1024,
};
/** Connections from one address, if nothing else is said; from this machine, where a proxy is, any number. */
const PER_ADDRESS = 256;
const FULL = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 1\r\n\r\n";

/** Turns connections away that are too many: those that are no sockets, or not yet, and those of one address. */
export function limitConnections(http, { maxRequests, maxPerAddress }, onTurnedAway) {
  const requests = new Set();
  const perAddress = new Map();
  http.on("connection", (connection) => {
    const address = networkOf(connection.remoteAddress);
    const most = maxPerAddress ?? (isLoopback(address) ? Infinity : PER_ADDRESS);
    const open = perAddress.get(address) ?? 0;
    if (requests.size >= maxRequests || open >= most) {
      onTurnedAway();
      connection.on("error", () => {});
      connection.end(FULL, () => connection.destroy());
      return;
    }
    requests.add(connection);
    perAddress.set(address, open + 1);
    connection.once("close", () => {
      requests.delete(connection);
      const left = perAddress.get(address) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });
  http.prependListener("upgrade", ({ socket }) => requests.delete(socket));
}

/** An address; of IPv6 the network, of which one subscriber has every address. */
function networkOf(address = "") {
  const plain = address.replace(/^::ffff:/i, "");
  if (isIP(plain) !== 6 || plain === "::1") return plain;
  const [head, tail = ""] = plain.split("::");
  const [left, right] = [head, tail].map((part) => part.split(":").filter(Boolean));
  const zeros = Array(Math.max(8 - left.length - right.length, 0)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}

/** Whether an address is this machine's own. */
export const isLoopback = (address) => /^(::1$|(::ffff:)?127\.)/i.test(address);
