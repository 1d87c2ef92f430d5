// The Socket.IO side: who may connect, and what each event does.

import { timingSafeEqual } from "node:crypto";
import { Bucket } from "./bucket.js";
import { TASKS } from "./channels.js";
import { Refusal, invalid, isRecord, quoted } from "./refusal.js";

/** Channels one socket may have joined. */
const SUBSCRIPTIONS = 100;
/** Bytes of a channel's name or a message's id. */
const NAME_BYTES = 128;

/** Takes sockets in, for as long as the server runs. */
export function serveSockets(io, hub, { token, rate }) {
  io.use((socket, next) => {
    if (token === undefined || isSameSecret(token, socket.handshake.auth.token)) return next();
    const refused = new Error("the token is missing or wrong");
    refused.data = { code: "unauthorized" };
    next(refused);
  });
  io.on("connection", (socket) => {
    if (socket.recovered) hub.stats.recovered += 1;
    listen(socket, hub, new Bucket(rate, Date.now()));
  });
}

/** Compares without telling by the time it takes how much of a guess was right. */
export function isSameSecret(wanted, given) {
  const [a, b] = [wanted, String(given)].map((text) => Buffer.from(text));
  return a.length === b.length && timingSafeEqual(a, b);
}

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
  const joined = (channel) => {
    if (!socket.rooms.has(channel)) throw new Refusal("forbidden", `join ${quoted(channel)} first`);
    return channel;
  };
  /** A change is made once, however often the message comes. */
  const once = (event, { id, channel, data }, ack, change) => {
    ack(id === undefined ? change() : hub.answers.once(id, [event, channel, data], Date.now(), answerOf(change)));
  };
  const change = (message, ack, event) => {
    if ((message.channel ?? TASKS) !== TASKS) throw new Refusal("forbidden", `send ${event} on ${quoted(TASKS)}`);
    once(event, message, ack, () => hub.changeTasks(event, message.data, message.id));
  };
  return {
    join(message, ack) {
      const channel = channelOf(message);
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
      ack(hub.announce(connection, joined(channelOf(message)), message.data));
    },
    "presence:leave"(message, ack) {
      ack(hub.leave(connection, channelOf(message)));
    },
    "typing:start"(message, ack) {
      ack(hub.startTyping(connection, joined(channelOf(message)), message.data));
    },
    "typing:stop"(message, ack) {
      ack(hub.stopTyping(connection, channelOf(message)));
    },
    "message:send"(message, ack, event) {
      const channel = channelOf(message);
      once(event, message, ack, () => hub.say(connection, channel, message.data, message.id));
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
