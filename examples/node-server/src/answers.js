// The answers to messages that changed something, for those that are sent again after a broken connection.

import { createHash } from "node:crypto";
import { Refusal } from "./refusal.js";

/** How many are remembered, and for how long. */
const MOST = 10_000;
const LIFE = 60 * 60_000;

export class Answers {
  /** In the order in which they were given. */
  #byId = new Map();
  repeated = 0;

  /**
   * The answer to the message `id` of the user `by`: the first one again if there was one, else that of `make`. Others see
   * its id on the event that it causes, and may not use it up.
   */
  once(by = "", id, content, now, make) {
    this.#forget(now);
    const fingerprint = createHash("sha256").update(JSON.stringify(content)).digest("base64");
    const key = `${by}\0${id}`;
    const known = this.#byId.get(key);
    if (!known) {
      const answer = make();
      this.#byId.set(key, { fingerprint, answer, at: now });
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
