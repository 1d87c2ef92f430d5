// Rates: how fast requests come, from each user, or from each address of those who have not said who they are.

import { Bucket } from "./bucket.js";
import { isLoopback } from "./connections.js";
import { Refusal } from "./refusal.js";

/** Users and addresses that are counted at once. */
const SOURCES = 10_000;

export class Rates {
  #rate;
  #buckets = new Map();

  constructor(rate) {
    this.#rate = rate;
  }

  /**
   * Counts a request, or refuses it. What comes from this machine is not counted unless it says whose it is: a proxy is
   * here, through which everybody comes.
   */
  take(user, address = "", now) {
    if (user === undefined && isLoopback(address)) return;
    const source = user === undefined ? `address ${address}` : `user ${user}`;
    if (this.#buckets.size >= SOURCES && !this.#buckets.has(source)) this.#forget(now);
    const bucket = this.#buckets.get(source) ?? new Bucket(this.#rate, now);
    this.#buckets.set(source, bucket);
    bucket.take(now);
  }

  /** Whoever has rested for a while is as good as new. */
  #forget(now) {
    for (const [source, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(source);
    if (this.#buckets.size >= SOURCES) throw new Refusal("rate_limited", "slow down and try again in 1000 ms", 1000);
  }
}
