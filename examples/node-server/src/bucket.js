// A token bucket: `rate` messages per second, and twice as many at once after a pause.

import { Refusal } from "./refusal.js";

export class Bucket {
  #rate;
  #tokens;
  #filled;

  constructor(rate, now) {
    this.#rate = rate;
    this.#tokens = rate * 2;
    this.#filled = now;
  }

  /** Takes one token, or says when there will be one. */
  take(now) {
    this.#fill(now);
    if (this.#tokens < 1) {
      const wait = Math.max(Math.ceil(((1 - this.#tokens) / this.#rate) * 1000), 1);
      throw new Refusal("rate_limited", `slow down and try again in ${wait} ms`, wait);
    }
    this.#tokens -= 1;
  }

  /** Whether nothing has been taken for so long that it makes no difference any more. */
  isFull(now) {
    this.#fill(now);
    return this.#tokens >= this.#rate * 2;
  }

  #fill(now) {
    const passed = Math.max(now - this.#filled, 0) / 1000;
    this.#filled = now;
    this.#tokens = Math.min(this.#tokens + passed * this.#rate, this.#rate * 2);
  }
}
