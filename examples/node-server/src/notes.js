// Notes: the text that everybody writes in, a document of Yjs. What a client sends is read and checked before the document
// gets it: Yjs would keep what builds on something that never comes, and applies the first half of what it cannot read.

import * as Y from "yjs";
import { Refusal, invalid } from "./refusal.js";

/** Bytes of the document as it would be stored; of a full one only deletes are taken. */
const DOCUMENT_BYTES = 512 * 1024;
/** Inserts and ranges of deletes in one update. */
const CHANGES = 32_768;
/** Texts with names in the document, and the letters of a name. */
const ROOTS = 16;
const ROOT_LETTERS = 128;
/** The last place that a client can write to. */
const LAST_CLOCK = 2 ** 31 - 1;

export class Notes {
  #doc = new Y.Doc();
  /** Bytes of the document when it was last measured, and those of the updates since. */
  #bytes = 2;
  #since = 0;

  /** What somebody lacks who has this state vector. */
  sync(stateVector) {
    const known = decoded(Y.decodeStateVector, stateVector);
    return {
      // Clients that this document has never heard of say nothing about it.
      update: Buffer.from(Y.encodeStateAsUpdate(this.#doc, Y.encodeStateVector(this.#both(known)))),
      stateVector: Buffer.from(Y.encodeStateVector(this.#doc)),
    };
  }

  /** Makes an update; gives what of it was new, or nothing if nothing was. */
  apply(update) {
    const { structs, ds } = decoded(Y.decodeUpdate, update);
    const inserts = this.#fitting(structs, ds);
    this.#checkRoom(update.length, inserts);
    let made;
    const note = (bytes) => (made = Buffer.from(bytes));
    this.#doc.once("update", note);
    Y.applyUpdate(this.#doc, update);
    this.#doc.off("update", note);
    // Of a client that is named a second time, without anything, Yjs takes nothing: what builds on it is not kept either.
    Object.assign(this.#doc.store, { pendingStructs: null, pendingDs: null });
    this.#since += made?.length ?? 0;
    return made;
  }

  text(name) {
    return this.#doc.getText(name).toString();
  }

  #state(client) {
    return Y.getState(this.#doc.store, client);
  }

  #both(known) {
    const state = [...known].map(([client, clock]) => [client, Math.min(clock, this.#state(client))]);
    return new Map(state.filter(([, clock]) => clock > 0));
  }

  /** Refuses what is no plain text or builds on what is not here; says whether it inserts anything. */
  #fitting(structs, ds) {
    const ranges = [...ds.clients].flatMap(([client, deletes]) => deletes.map(({ clock, len }) => [client, clock + len]));
    if (structs.length + ranges.length > CHANGES) throw tooLarge(`an update may make ${CHANGES} changes`);
    const queues = new Map();
    let last;
    for (const struct of structs) {
      const { client, clock } = struct.id;
      if (client !== last && queues.has(client)) throw invalid("a client is named twice");
      last = client;
      const end = clock + struct.length;
      if (end > LAST_CLOCK) throw invalid("a client has written too much");
      const state = this.#state(client);
      const queue = queues.get(client) ?? { clock: state, end: state, blocks: [], next: 0, waits: false };
      queues.set(client, queue);
      checkKind(struct);
      if (end <= queue.end) continue;
      if (clock > queue.end || struct instanceof Y.Skip) throw behind();
      if (clock < queue.end && halves(struct, queue.end - clock)) throw invalid("a character is known by half");
      queue.blocks.push(struct);
      queue.end = end;
    }
    this.#checkRoots(structs);
    const endOf = (client) => queues.get(client)?.end ?? this.#state(client);
    if (ranges.some(([client, end]) => end > endOf(client))) throw behind();
    checkOrder(queues, (client) => this.#state(client));
    return [...queues.values()].some(({ blocks }) => blocks.length > 0);
  }

  #checkRoots(structs) {
    const named = structs.map(({ parent }) => parent).filter((parent) => typeof parent === "string");
    if (named.some((name) => name.length > ROOT_LETTERS)) throw invalid("the name of a text is too long");
    if (new Set([...this.#doc.share.keys(), ...named]).size > ROOTS) throw invalid("a document has too many texts");
  }

  #checkRoom(bytes, inserts) {
    const most = inserts ? DOCUMENT_BYTES : 2 * DOCUMENT_BYTES;
    if (this.#bytes + this.#since + bytes <= most) return;
    if (this.#since > 0) [this.#bytes, this.#since] = [Y.encodeStateAsUpdate(this.#doc).length, 0];
    if (this.#bytes + bytes > most) throw new Refusal("text_full", "the text is full: delete something first");
  }
}

/** Bytes from a client: a byte string, or base64. */
export function bytesOf(what, value) {
  if (value instanceof Uint8Array) return value;
  const isBase64 = typeof value === "string" && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  if (!isBase64) throw invalid(`${what} must be a byte string, or base64`);
  return Buffer.from(value, "base64");
}

function decoded(decode, bytes) {
  try {
    return decode(bytes);
  } catch {
    throw invalid("send what a document of yjs encodes (version 1)");
  }
}

const behind = () => new Refusal("text_behind", "the update builds on others that are not here: sync first");
const tooLarge = (message) => new Refusal("too_large", `${message}: send it in parts`);

/** Refuses what is of no plain text. */
function checkKind(struct) {
  if (struct instanceof Y.Skip) return;
  const isText = struct.content instanceof Y.ContentString || struct.content instanceof Y.ContentDeleted;
  const isPlaced = struct.origin || struct.rightOrigin || typeof struct.parent === "string";
  if (!isText || !isPlaced || struct.parentSub !== null) throw invalid("a shared text is plain text: nothing else is stored");
  if (!(struct.length > 0)) throw invalid("a block is empty");
}

/** Whether a place in a block is within a character. */
function halves({ content }, at) {
  if (!(content instanceof Y.ContentString)) return false;
  const unit = content.str.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Checks that there is an order in which each block comes after those that it stands beside. */
function checkOrder(queues, state) {
  for (const first of queues.keys()) {
    const stack = [[first, Infinity]];
    while (stack.length > 0) {
      // Whose blocks are needed, and up to which one.
      const [client, until] = stack.at(-1);
      const queue = queues.get(client);
      const block = queue.clock <= until ? queue.blocks[queue.next] : undefined;
      queue.waits = false;
      if (block === undefined) {
        stack.pop();
        continue;
      }
      const missing = [block.origin, block.rightOrigin].find((id) => id && !isThere(id, block, queues, state));
      if (missing === undefined) {
        queue.next += 1;
        queue.clock = block.id.clock + block.length;
        continue;
      }
      const other = queues.get(missing.client);
      if (other === undefined || missing.clock >= other.end) throw behind();
      if (other.waits) throw invalid("two blocks stand beside each other first");
      queue.waits = true;
      stack.push([missing.client, missing.clock]);
    }
  }
}

/** Whether what a block stands beside is there before it. */
function isThere({ client, clock }, block, queues, state) {
  if (client !== block.id.client) return clock < (queues.get(client)?.clock ?? state(client));
  if (clock >= block.id.clock) throw invalid("a block stands beside a later one");
  return true;
}
