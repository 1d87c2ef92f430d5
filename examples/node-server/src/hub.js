// Everything the server knows, and every change of it. A change is published in the same turn of the event loop, so
// that what is read together with a position belongs to it.

import { Answers } from "./answers.js";
import { Board } from "./board.js";
import { Channels, NOTES, NOTIFICATIONS, STOCKS, TASKS, roomChannel, roomOf, stockChannel } from "./channels.js";
import { Market } from "./market.js";
import { Notes } from "./notes.js";
import { LENGTH, Refusal, invalid, optionalText, quoted, text } from "./refusal.js";
import { Roster } from "./roster.js";
import { Stress } from "./stress.js";

/** Messages kept per room, and notifications kept. */
const MESSAGES = 500;
const NOTIFIED = 100;

export class Hub {
  #io;
  #lastId = 0;
  #messages = new Map();
  /** Who is typing, by channel and connection. */
  #typists = new Map();
  notifications = [];
  roster = new Roster();
  answers = new Answers();
  notes = new Notes();
  market = new Market(Date.now());
  stats = { refused: 0, rateLimited: 0, recovered: 0, expiredMembers: 0, slowConsumers: 0, turnedAway: 0 };

  constructor(io, { history }) {
    this.#io = io;
    const fixed = [STOCKS, TASKS, NOTIFICATIONS, NOTES, ...this.market.symbols().map(stockChannel)];
    this.channels = new Channels(fixed, history);
    this.stress = new Stress(io, this.channels);
    this.board = new Board(() => this.#newId("t"), Date.now());
  }

  /** Refuses a channel that there is not; rooms and stress lists come into being when they are first used. */
  open(channel) {
    if (!this.stress.open(channel)) this.channels.open(channel);
  }

  /** Sends a numbered event to everybody on a channel. `cause` is the id of the message that made it happen. */
  publish(channel, event, data, cause) {
    const payload = this.channels.record(channel, event, cause === undefined ? data : { ...data, messageId: cause });
    this.#io.to(channel).emit(event, payload);
  }

  /** Sends an event without a number, but not to the connection `except`. It is not kept. */
  broadcast(channel, event, data, except = []) {
    this.#io.to(channel).except(except).emit(event, { channel, ...data });
  }

  /** What each message that changes tasks does. */
  changeTasks(event, fields, cause) {
    const now = Date.now();
    const { task, change } = {
      "task:create": () => this.board.create(this.#newId("t"), fields, now),
      "task:update": () => this.board.update(fields, now),
      "task:delete": () => this.board.delete(fields.id),
      "task:move": () => this.board.move(fields, now),
    }[event]();
    if (change) this.publish(TASKS, "list:update", change, cause);
    return task;
  }

  /** What somebody lacks of the text, with the position of its channel. */
  syncText(stateVector) {
    return { ...this.notes.sync(stateVector), ...this.channels.position(NOTES) };
  }

  /** Changes the text, and tells the others what of it is new. */
  changeText(update, cause) {
    const made = this.notes.apply(update);
    if (made) this.publish(NOTES, "text:update", { update: made }, cause);
    return {};
  }

  messages(room) {
    return this.#messages.get(room) ?? [];
  }

  say(connection, channel, fields, cause) {
    const room = roomNamed(channel);
    const message = {
      id: this.#newId("m"),
      room,
      userId: text("userId", fields.userId, LENGTH.name),
      name: text("name", fields.name, LENGTH.name),
      text: text("text", fields.text, LENGTH.text),
      sentAt: Date.now(),
    };
    this.channels.open(channel);
    // Whoever sends has stopped typing, which the message itself tells the others.
    this.#typists.get(channel)?.delete(connection);
    this.#messages.set(room, [...this.messages(room), message].slice(-MESSAGES));
    this.publish(roomChannel(room), "list:update", { action: "create", item: message }, cause);
    return { id: message.id };
  }

  notify(fields) {
    const level = fields.level ?? "info";
    if (!["info", "success", "warning", "error"].includes(level)) {
      throw invalid("level must be info, success, warning or error");
    }
    const notification = {
      id: this.#newId("n"),
      level,
      title: text("title", fields.title, LENGTH.title),
      body: optionalText("body", fields.body, LENGTH.text),
      at: Date.now(),
    };
    this.notifications = [...this.notifications, notification].slice(-NOTIFIED);
    this.publish(NOTIFICATIONS, "notification", notification);
    return notification;
  }

  /** Lets a connection be present in a room; the first time, it is told who else is. */
  announce(connection, channel, announcement) {
    // Who writes in the text is seen there, and where their carets are.
    if (channel !== NOTES) roomNamed(channel);
    const { row, first, left } = this.roster.announce(channel, connection, announcement, Date.now());
    if (first) this.#io.to(connection).emit("presence:sync", { channel, members: this.roster.members(channel) });
    if (left) this.broadcast(channel, "presence:leave", left);
    this.broadcast(channel, "presence:update", row);
  }

  leave(connection, channel) {
    const left = this.roster.leave(channel, connection);
    if (left) this.broadcast(channel, "presence:leave", left);
  }

  startTyping(connection, channel, { id, name }) {
    roomNamed(channel);
    const typing = { id: text("id", id, LENGTH.name), name: optionalText("name", name, LENGTH.name) };
    const typists = this.#typists.get(channel) ?? new Map();
    const before = typists.get(connection);
    if (before !== undefined && before !== id) this.broadcast(channel, "typing:stop", { id: before }, connection);
    this.#typists.set(channel, typists.set(connection, id));
    this.broadcast(channel, "typing:start", typing, connection);
  }

  stopTyping(connection, channel) {
    const typists = this.#typists.get(channel);
    const id = typists?.get(connection);
    if (id === undefined) return;
    typists.delete(connection);
    if (typists.size === 0) this.#typists.delete(channel);
    this.broadcast(channel, "typing:stop", { id }, connection);
  }

  /** Ends what a connection was doing in a channel that it leaves. */
  depart(connection, channel) {
    this.stopTyping(connection, channel);
    this.leave(connection, channel);
    const there = this.#io.of("/").adapter.rooms.get(channel) ?? new Set();
    if (there.size <= Number(there.has(connection))) this.channels.closeIfSilent(channel);
  }

  /** Drops members who have been silent for `life` milliseconds. */
  expireMembers(life) {
    for (const [channel, left] of this.roster.expire(Date.now() - life)) {
      this.stats.expiredMembers += 1;
      this.broadcast(channel, "presence:leave", left);
    }
  }

  movePrices() {
    for (const stock of this.market.walk(Date.now())) this.#publishPrice(stock);
  }

  /** Begins a known number of price updates, evenly at `perSecond`; a late timer catches up. */
  startBurst(symbol, { perSecond, seconds }) {
    const fits = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;
    if (!fits(perSecond, 1000) || !fits(seconds, 60)) throw invalid("perSecond is 1 to 1000 and seconds is 1 to 60");
    const start = Date.now();
    const count = perSecond * seconds;
    const finalPrice = this.market.reserve(symbol, count, seconds * 1000, start);
    const last = this.channels.position(stockChannel(symbol)).seq;
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(Math.floor(((Date.now() - start) / 1000) * perSecond), count);
      for (; sent < due; sent += 1) this.#publishPrice(this.market.step(symbol, Date.now()));
      if (sent === count) clearInterval(timer);
    }, Math.min(1000 / perSecond, 100));
    timer.unref();
    return { count, finalPrice, firstSeq: last + 1, lastSeq: last + count };
  }

  #publishPrice(stock) {
    this.publish(stockChannel(stock.symbol), "stock:update", stock);
    this.publish(STOCKS, "list:update", { action: "update", item: stock });
  }

  /**
   * An id that this run has not given before, and no other one will: clients remember versions and deletions by id,
   * and a restarted server begins anew.
   */
  #newId(prefix) {
    this.#lastId += 1;
    return `${prefix}${this.#lastId}-${this.channels.epoch}`;
  }
}

/** The room that a channel is, for what only rooms have. */
function roomNamed(channel) {
  const room = roomOf(channel);
  if (room === undefined) throw new Refusal("forbidden", `${quoted(channel)} is not a room`);
  return room;
}
