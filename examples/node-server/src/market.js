// The prices: kept in cents, moved by a random walk that cannot run away.

import { Refusal, quoted } from "./refusal.js";

/** For how long a symbol keeps its price after a burst, so that it can be compared. */
const HOLD = 60_000;

const SHARES = {
  ACME: 10_000, BOLT: 4_225, CRUX: 18_790, DUNE: 1_250,
  ECHO: 7_615, FLUX: 31_040, GLEN: 990, HALO: 12_380,
};

export class Market {
  #shares = new Map();

  constructor(now) {
    for (const [symbol, open] of Object.entries(SHARES)) {
      this.#shares.set(symbol, { symbol, open, price: open, updatedAt: now, stillUntil: 0 });
    }
  }

  symbols() {
    return [...this.#shares.keys()];
  }

  stocks() {
    return [...this.#shares.values()].map(toStock);
  }

  stock(symbol) {
    return toStock(this.#find(symbol));
  }

  /** Moves one to three prices, and gives those that moved. */
  walk(now) {
    const moving = [...this.#shares.values()].filter((share) => share.stillUntil <= now);
    const moved = [];
    for (let left = 1 + random(3); left > 0 && moving.length > 0; left -= 1) {
      const [share] = moving.splice(random(moving.length), 1);
      const most = Math.max(Math.trunc(share.price / 200), 1);
      const step = random(2 * most + 1) - most;
      const price = Math.min(Math.max(share.price + step, Math.trunc(share.open / 2)), Math.trunc(share.open * 1.5));
      if (price !== share.price) {
        Object.assign(share, { price, updatedAt: now });
        moved.push(toStock(share));
      }
    }
    return moved;
  }

  /** Keeps the walk away from a symbol for a burst of this length, and gives the price that the burst ends on. */
  reserve(symbol, updates, length, now) {
    const share = this.#find(symbol);
    if (now + HOLD < share.stillUntil) {
      throw new Refusal("conflict", `a burst of ${symbol} is running: wait for its end`);
    }
    share.stillUntil = now + length + HOLD;
    return (share.price + updates) / 100;
  }

  /** One update of a burst: a cent up. */
  step(symbol, now) {
    const share = this.#find(symbol);
    share.price += 1;
    share.updatedAt = now;
    return toStock(share);
  }

  #find(symbol) {
    const share = this.#shares.get(symbol);
    if (!share) throw new Refusal("not_found", `there is no stock ${quoted(symbol)}`);
    return share;
  }
}

function toStock({ symbol, open, price, updatedAt }) {
  const change = price - open;
  const changePercent = Math.trunc((change * 10_000) / open) / 100;
  return { symbol, price: price / 100, change: change / 100, changePercent, updatedAt };
}

/** A whole number below `end`. */
const random = (end) => Math.floor(Math.random() * end);
