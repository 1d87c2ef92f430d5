// Who is present in each channel: one row per connection.

import { LENGTH, Refusal, invalid, isRecord, text } from "./refusal.js";

/** Connections that may be present in one room. */
const MOST = 500;
/** Bytes of a member's metadata, and of an avatar's address. */
const METADATA = 4 * 1024;
const AVATAR = 2 * 1024;

export class Roster {
  #channels = new Map();

  /** Puts a connection's row in place; gives it, and whether it is new or was somebody else's. */
  announce(channel, connectionId, announcement, now) {
    const row = { ...checked(announcement), connectionId };
    const members = this.#channels.get(channel) ?? new Map();
    const before = members.get(connectionId)?.row;
    if (!before && members.size >= MOST) {
      throw new Refusal("limit_reached", "too many people are here already: try again later");
    }
    members.set(connectionId, { row, heard: now });
    this.#channels.set(channel, members);
    const left = before && before.userId !== row.userId ? leaving(before) : undefined;
    return { row, first: !before, left };
  }

  members(channel) {
    return [...(this.#channels.get(channel)?.values() ?? [])].map(({ row }) => row);
  }

  /** Takes a connection out; gives what the others are to be told, if it was there. */
  leave(channel, connectionId) {
    const members = this.#channels.get(channel);
    const row = members?.get(connectionId)?.row;
    members?.delete(connectionId);
    if (members?.size === 0) this.#channels.delete(channel);
    return row && leaving(row);
  }

  /** Takes out those who have not been heard of since `then`: pairs of a channel and what to tell it. */
  expire(then) {
    const gone = [];
    for (const [channel, members] of this.#channels) {
      for (const [connectionId, { heard }] of members) {
        if (heard <= then) gone.push([channel, this.leave(channel, connectionId)]);
      }
    }
    return gone;
  }
}

const leaving = ({ userId, connectionId }) => ({ userId, connectionId });

function checked({ user, status, metadata }) {
  if (!isRecord(user)) throw invalid("user must be an object");
  const id = text("user.id", user.id, LENGTH.name);
  const name = text("user.name", user.name, LENGTH.name);
  const avatar = user.avatar ?? undefined;
  if (avatar !== undefined && (typeof avatar !== "string" || Buffer.byteLength(avatar) > AVATAR)) {
    throw invalid(`user.avatar must be a text of at most ${AVATAR} bytes`);
  }
  if (!["online", "away", "busy"].includes(status)) throw invalid("status must be online, away or busy");
  if (Buffer.byteLength(JSON.stringify(metadata ?? null)) > METADATA) {
    throw invalid(`metadata must have at most ${METADATA} bytes`);
  }
  return { userId: id, user: { id, name, avatar }, status, metadata: metadata ?? undefined };
}
