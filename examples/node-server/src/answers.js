// The answers to messages that changed something, for those that are sent again after a broken connection.

import { createHash } from "node:crypto";
import { Refusal } from "./refusal.js";

/** How many are remembered, and for how long. */
const MOST = 10_000;
const LIFE = 5 * 60_000;

export class Answers {
  /** In the order in which they were given. */
  #byId = new Map();
  repeated = 0;

  /** The answer to the message `id`: the first one again if there was one, else that of `make`. */
  once(id, content, now, make) {
    this.#forget(now);
    const fingerprint = createHash("sha256").update(JSON.stringify(content)).digest("base64");
    const known = this.#byId.get(id);
    if (!known) {
      const answer = make();
      this.#byId.set(id, { fingerprint, answer, at: now });
      return answer;
    }
    if (known.fingerprint !== fingerprint) {
      throw new Refusal("duplicate_id", "another message was sent with this id: give every message its own");
    }
    this.repeated += 1;
    return known.answer;
  }

  #forget(now) {
    for (const [id, { at }] of this.#byId) {
      if (now - at < LIFE && this.#byId.size < MOST) return;
      this.#byId.delete(id);
    }
  }
}
