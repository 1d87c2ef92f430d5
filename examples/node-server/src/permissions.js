// Permissions: who may do what on which channel, and as whom. Every message of a socket and every request asks here, and
// nothing else decides it. The rules are those of ../demo-server/src/permissions.rs.

import { roomOf } from "./channels.js";
import { Refusal, quoted } from "./refusal.js";
import { unauthorized } from "./tokens.js";

/** What the name of a user's own room begins with; the rest is their id. */
const OWN = "own-";
const PUBLIC = /^(stocks$|stocks:|stress:)/;

/** Refuses what somebody may not do on a channel: `see`, `follow`, `send` or `appear`. */
export function check(visitor, right, channel) {
  if (visitor.isTrusted) return;
  if (visitor.isStranger) {
    if (right === "see" && PUBLIC.test(channel)) return;
    throw unauthorized();
  }
  const room = roomOf(channel);
  if (room?.startsWith(OWN) && room.slice(OWN.length) !== visitor.user.id) {
    throw new Refusal("forbidden", `${quoted(channel)} is somebody else's room`);
  }
}

/** Refuses what somebody says as another user; gives the name to put to the rest, which is their own. */
export function sign(visitor, id, name) {
  if (visitor.isTrusted) return name;
  if (visitor.isStranger) throw unauthorized();
  if (visitor.user.id === id) return visitor.user.name;
  throw new Refusal("forbidden", "this is another user than your token is of: speak for yourself");
}

/** A change of the board with the name of whoever makes it. */
export function signChange(visitor, fields) {
  return visitor.user === undefined ? fields : { ...fields, editedBy: visitor.user.name };
}
