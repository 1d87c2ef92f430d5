// The channels: the position of each, and the events kept for those who resume.

import { randomBytes } from "node:crypto";
import { Refusal, quoted } from "./refusal.js";

/** Rooms that may exist at once. */
const ROOMS = 100;
/** Bytes of events kept per channel. */
const HISTORY_BYTES = 1024 * 1024;

export const STOCKS = "stocks";
export const TASKS = "tasks";
export const NOTIFICATIONS = "notifications";
export const NOTES = "notes";
export const stockChannel = (symbol) => `stocks:${symbol}`;
export const roomChannel = (room) => `room:${room}`;

/** Whether a room may be called so: letters, digits, `-` and `_`. */
export const isRoomName = (name) => /^[\p{Alphabetic}\p{N}_-]{1,80}$/u.test(name);

/** The room that a channel is, if it is one. */
export function roomOf(channel) {
  const name = channel.startsWith("room:") ? channel.slice("room:".length) : "";
  return isRoomName(name) ? name : undefined;
}

export class Channels {
  /** Which incarnation of a history its positions count in: another one after each start. */
  epoch = newEpoch();
  /** Numbered events so far. */
  events = 0;
  #channels = new Map();
  /** How many of them are no rooms. */
  #fixed;
  #mostEvents;

  constructor(fixed, mostEvents) {
    this.#mostEvents = mostEvents;
    for (const name of fixed) this.#create(name);
    this.#fixed = this.#channels.size;
  }

  get size() {
    return this.#channels.size;
  }

  /** Where a channel stands; a room that nobody has opened yet is at its start. */
  position(name) {
    const { seq, epoch } = this.#channels.get(name) ?? { seq: 0, epoch: this.epoch };
    return { seq, epoch };
  }

  /** Refuses a channel that there is not; a room comes into being when it is first used. */
  open(name) {
    if (this.#channels.has(name)) return;
    if (roomOf(name) === undefined) throw new Refusal("unknown_channel", `there is no channel ${quoted(name)}`);
    if (this.#channels.size - this.#fixed >= ROOMS) {
      throw new Refusal("limit_reached", `use an existing room: there are ${ROOMS} already`);
    }
    this.#create(name);
  }

  /** Makes a channel that may be closed again, so that its history is one of its own. */
  openAnew(name) {
    this.#create(name, newEpoch());
    this.#fixed += 1;
  }

  close(name) {
    this.#channels.delete(name);
    this.#fixed -= 1;
  }

  /** Forgets a room in which nothing was ever said. */
  closeIfSilent(name) {
    if (roomOf(name) !== undefined && this.#channels.get(name)?.seq === 0) this.#channels.delete(name);
  }

  /** Gives an event the next number of its channel and keeps it. */
  record(name, event, data) {
    const channel = this.#channels.get(name);
    channel.seq += 1;
    this.events += 1;
    const payload = { channel: name, ...data, seq: channel.seq, epoch: channel.epoch };
    const bytes = sizeOf(payload);
    channel.bytes += bytes;
    channel.history.push({ event, payload, bytes });
    while (channel.history.length > this.#mostEvents || channel.bytes > HISTORY_BYTES) {
      channel.bytes -= channel.history.shift().bytes;
    }
    return payload;
  }

  /** The events after a position, or nothing if they are not all there any more, or never were. */
  since(name, since, epoch) {
    const { seq, history, epoch: current } = this.#channels.get(name);
    const missed = seq - since;
    if (epoch !== current || !Number.isSafeInteger(since) || missed < 0 || missed > history.length) return undefined;
    return history.slice(history.length - missed);
  }

  #create(name, epoch = this.epoch) {
    this.#channels.set(name, { seq: 0, epoch, history: [], bytes: 0 });
  }
}

/** How many bytes an event takes, about: byte strings go as they are. */
function sizeOf(payload) {
  const [binary, rest] = [[], {}];
  for (const [key, value] of Object.entries(payload)) {
    if (Buffer.isBuffer(value)) binary.push(value.length);
    else rest[key] = value;
  }
  return binary.reduce((sum, length) => sum + length, Buffer.byteLength(JSON.stringify(rest)));
}

const newEpoch = () => randomBytes(6).toString("hex");
