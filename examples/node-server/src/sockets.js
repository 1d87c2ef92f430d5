// The Socket.IO side: who may connect, and what each event does.

import { Bucket } from "./bucket.js";
import { NOTES, TASKS } from "./channels.js";
import { bytesOf } from "./notes.js";
import { check, sign, signChange } from "./permissions.js";
import { Refusal, invalid, isRecord, quoted } from "./refusal.js";
import { unauthorized } from "./tokens.js";

/** Channels one socket may have joined. */
const SUBSCRIPTIONS = 100;
/** Bytes of a channel's name or a message's id. */
const NAME_BYTES = 128;

/** How many times its rate a connection may send before it is closed; up to there it is told to slow down. */
const FLOOD = 10;

/** Takes sockets in, for as long as the server runs. */
export function serveSockets(io, hub, tokens, { rate }) {
  io.engine.on("connection", (connection) => {
    const flood = new Bucket(rate * FLOOD, Date.now());
    // Whatever a packet is, it costs.
    connection.on("packet", () => {
      try {
        flood.take(Date.now());
      } catch {
        connection.close(true);
      }
    });
  });
  io.use((socket, next) => {
    try {
      const { visitor, until } = tokens.read(socket.handshake.auth.token);
      // Whoever resumes a connection must be who it was of.
      const before = socket.recovered ? socket.data.visitor : visitor;
      if (visitor.isStranger || before?.user?.id !== visitor.user?.id) throw unauthorized();
      Object.assign(socket.data, { visitor, until });
      next();
    } catch (error) {
      next(Object.assign(new Error(error.message), { data: { code: Refusal.from(error).code } }));
    }
  });
  io.on("connection", (socket) => {
    if (socket.recovered) hub.stats.recovered += 1;
    listen(socket, hub, new Bucket(rate, Date.now()));
    endWithToken(socket);
  });
}

/** Drops a connection when its token is too old: the client comes back with a new one. */
function endWithToken(socket) {
  const { until } = socket.data;
  if (until === undefined) return;
  const timer = setTimeout(() => socket.conn.close(true), Math.min(until - Date.now(), LONGEST_TIMER));
  socket.once("disconnect", () => clearTimeout(timer));
}

/** The longest time that a timer takes, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

function listen(socket, hub, bucket) {
  const handlers = handlersOf(socket, hub);
  socket.onAny((event, ...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
    try {
      bucket.take(Date.now());
      if (!Object.hasOwn(handlers, event)) {
        throw new Refusal("unknown_event", `this server does not know the event ${quoted(event)}`);
      }
      handlers[event](read(args[0]), ack, event);
    } catch (error) {
      const refusal = Refusal.from(error);
      hub.stats.refused += 1;
      if (refusal.code === "rate_limited") hub.stats.rateLimited += 1;
      ack({ error: refusal });
    }
  });
  socket.on("disconnecting", () => {
    for (const channel of socket.rooms) {
      if (channel !== socket.id) hub.depart(socket.id, channel);
    }
  });
}

function handlersOf(socket, hub) {
  const connection = socket.id;
  const { visitor } = socket.data;
  const allowed = (right, channel) => {
    check(visitor, right, channel);
    return channel;
  };
  const joined = (channel) => {
    if (!socket.rooms.has(channel)) throw new Refusal("forbidden", `join ${quoted(channel)} first`);
    return channel;
  };
  /** A change is made once, however often the message comes. */
  const once = (event, { id, channel, data }, ack, change) => {
    if (id === undefined) return ack(change());
    const content = [event, channel, data];
    ack(hub.answers.once(visitor.user?.id, id, content, Date.now(), answerOf(change)));
  };
  const change = (message, ack, event) => {
    if ((message.channel ?? TASKS) !== TASKS) throw new Refusal("forbidden", `send ${event} on ${quoted(TASKS)}`);
    once(event, message, ack, () => {
      check(visitor, "send", TASKS);
      return hub.changeTasks(event, signChange(visitor, message.data), message.id);
    });
  };
  const ofText = (right, message, event) => {
    if (channelOf(message) !== NOTES) throw new Refusal("forbidden", `send ${event} on ${quoted(NOTES)}`);
    check(visitor, right, NOTES);
  };
  return {
    join(message, ack) {
      const channel = allowed("follow", channelOf(message));
      // A socket is always in the room that has its own id.
      if (!socket.rooms.has(channel) && socket.rooms.size > SUBSCRIPTIONS) {
        const advice = `leave something first: a socket may join ${SUBSCRIPTIONS} channels`;
        throw new Refusal("too_many_subscriptions", advice);
      }
      hub.open(channel);
      socket.join(channel);
      const missed = hub.channels.since(channel, message.data.since, message.data.epoch);
      // First the answer, then what was missed, then the new: all within this turn.
      ack({ ...hub.channels.position(channel), recovered: missed !== undefined });
      for (const { event, payload } of missed ?? []) socket.emit(event, payload);
    },
    leave(message, ack) {
      const channel = channelOf(message);
      if (socket.rooms.has(channel) && channel !== connection) {
        socket.leave(channel);
        hub.depart(connection, channel);
      }
      ack();
    },
    "presence:announce"(message, ack) {
      const channel = joined(allowed("appear", channelOf(message)));
      const { user } = message.data;
      const data = isRecord(user)
        ? { ...message.data, user: { ...user, name: sign(visitor, user.id, user.name) } }
        : message.data;
      ack(hub.announce(connection, channel, data));
    },
    "presence:leave"(message, ack) {
      ack(hub.leave(connection, channelOf(message)));
    },
    "typing:start"(message, ack) {
      const channel = joined(allowed("appear", channelOf(message)));
      const { id, name } = message.data;
      ack(hub.startTyping(connection, channel, { id, name: sign(visitor, id, name) }));
    },
    "typing:stop"(message, ack) {
      ack(hub.stopTyping(connection, channelOf(message)));
    },
    "message:send"(message, ack, event) {
      const channel = allowed("send", channelOf(message));
      const { userId, name } = message.data;
      const data = { ...message.data, name: sign(visitor, userId, name) };
      once(event, message, ack, () => hub.say(connection, channel, data, message.id));
    },
    "text:sync"(message, ack, event) {
      ofText("follow", message, event);
      ack(hub.syncText(bytesOf("stateVector", message.data.stateVector)));
    },
    "text:update"(message, ack, event) {
      ofText("send", message, event);
      const update = bytesOf("update", message.data.update);
      const said = { ...message, data: Buffer.from(update).toString("base64") };
      once(event, said, ack, () => hub.changeText(update, message.id));
    },
    "task:create": change,
    "task:update": change,
    "task:delete": change,
    "task:move": change,
    /** Drops the connection at once and without a word, as a failing network would. */
    "demo:cut"() {
      socket.request.socket.destroy();
    },
  };
}

/** A refusal is an answer too, and the same one for each repeat. */
function answerOf(change) {
  return () => {
    try {
      return change();
    } catch (error) {
      return { error: Refusal.from(error) };
    }
  };
}

/**
 * The first argument of an event: `{channel, messageId, …data}`, or `{channel, id, data}`, or just a channel.
 */
function read(payload = {}) {
  if (typeof payload === "string") return { channel: named(payload), data: {} };
  if (!isRecord(payload)) throw invalid("send one object");
  const { channel, data } = payload;
  const isEnvelope = channel !== undefined && data !== undefined;
  const id = (isEnvelope ? payload.id : undefined) ?? payload.messageId;
  if (isEnvelope && !isRecord(data)) throw invalid("data must be an object");
  return { channel: named(channel), id: named(id), data: isEnvelope ? data : payload };
}

/** A name from a client, if there is one. */
function named(name) {
  if (name === undefined || name === null) return undefined;
  if (typeof name !== "string" || Buffer.byteLength(name) > NAME_BYTES) {
    throw invalid(`channel and id are texts of at most ${NAME_BYTES} bytes`);
  }
  return name;
}

function channelOf({ channel, data }) {
  const name = channel ?? named(data.channel);
  if (name === undefined) throw invalid("name a channel");
  return name;
}
