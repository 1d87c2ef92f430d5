// Lists that change as fast as one likes, to see what a page can take: one for each number of rows and rate, made when
// it is first asked for and forgotten when nobody follows it any longer.

import { Refusal, invalid, quoted } from "./refusal.js";

const ROWS = [100, 1_000, 10_000, 100_000];
const RATES = [0, 10, 50, 100, 500, 1_000];
/** The most changes of one burst. */
const BURST = 20_000;

/** How long to wait between two looks at the clock while lists change; while none does. */
const BUSY = 4;
const IDLE = 100;
/** How long a list outlives its last follower: a reconnect takes less. */
const LIFE = 30_000;
/** So many rows, the cheapest, get every fourth change, so that there is something to see. */
const HOT = 40;
/** The most changes in one go. What the rate asks for beyond that is forgotten; a burst waits for its turn. */
const MOST = 250;

export class Stress {
  #io;
  #channels;
  #lists = new Map();

  constructor(io, channels) {
    this.#io = io;
    this.#channels = channels;
  }

  get size() {
    return this.#lists.size;
  }

  /** Makes the list of a channel such as `stress:1000:50`, if it is none that there is, and one that may be. */
  open(name) {
    const [, rows, perSecond] = (/^stress:(0|[1-9]\d*):(0|[1-9]\d*)$/.exec(name) ?? []).map(Number);
    if (!ROWS.includes(rows) || !RATES.includes(perSecond)) return undefined;
    if (!this.#lists.has(name)) {
      this.#channels.openAnew(name);
      this.#lists.set(name, new List(rows, perSecond, Date.now()));
    }
    return this.#lists.get(name);
  }

  /** The same for who knows that there is such a list. */
  list(rows, perSecond) {
    const name = `stress:${rows}:${perSecond}`;
    const list = this.open(name);
    if (!list) throw new Refusal("not_found", `there is no list ${quoted(name)}`);
    return { name, list };
  }

  /** Asks for `count` changes beside the rate, as fast as the followers take them. */
  startBurst({ list }, count) {
    if (!Number.isInteger(count) || count < 1 || count > BURST) throw invalid(`count is 1 to ${BURST}`);
    list.burst = count;
  }

  /** Lets the lists change until `signal` is aborted. */
  run(signal) {
    if (signal.aborted) return;
    let wait = IDLE;
    for (const [name, list] of this.#lists) {
      const followers = this.#io.of("/").adapter.rooms.get(name) ?? new Set();
      const changes = list.due(Date.now(), followers.size > 0, () => this.#hasRoom(followers));
      for (let change = 0; change < changes; change += 1) {
        const item = list.change(Date.now());
        this.#io.to(name).emit("list:update", this.#channels.record(name, "list:update", { action: "upsert", item }));
      }
      if (list.isBusy) wait = BUSY;
      if (list.isForgotten) {
        this.#lists.delete(name);
        this.#channels.close(name);
      }
    }
    setTimeout(() => this.run(signal), wait).unref();
  }

  #hasRoom(followers) {
    const sockets = this.#io.of("/").sockets;
    return [...followers].every((id) => (sockets.get(id)?.conn.writeBuffer.length ?? 0) < MOST);
  }
}

class List {
  burst = 0;
  isBusy = false;
  isForgotten = false;
  #perSecond;
  #versions;
  #prices;
  #owed = 0;
  #driven;
  #followed;

  constructor(rows, perSecond, now) {
    this.#perSecond = perSecond;
    this.#versions = new Uint32Array(rows).fill(1);
    this.#prices = Uint32Array.from({ length: rows }, (_, id) => 100 + id * 10);
    this.#driven = this.#followed = now;
  }

  quotes() {
    return Array.from(this.#prices, (price, id) => ({ id, version: this.#versions[id], price }));
  }

  /** How many changes are to be made now; a burst only waits for `hasRoom`. */
  due(now, isFollowed, hasRoom) {
    const passed = Math.max(now - this.#driven, 0);
    this.#driven = now;
    this.isBusy = isFollowed && (this.#perSecond > 0 || this.burst > 0);
    if (!isFollowed) {
      this.burst = 0;
      this.isForgotten = now - this.#followed >= LIFE;
      return 0;
    }
    this.#followed = now;
    this.#owed += (passed / 1000) * this.#perSecond;
    const due = Math.min(Math.floor(this.#owed), MOST);
    this.#owed %= 1;
    const more = this.burst > 0 && hasRoom() ? Math.min(this.burst, MOST) : 0;
    this.burst -= more;
    return due + more;
  }

  /** Lets a row's price take a small step. */
  change(at) {
    const all = this.#prices.length;
    const id = random(random(4) === 0 ? Math.min(HOT, all) : all);
    const step = (3 + random(30)) * (random(2) === 0 ? 1 : -1);
    // Hot rows stay among themselves.
    const highest = 100 + (id < HOT ? HOT : all) * 10;
    this.#versions[id] += 1;
    this.#prices[id] = Math.min(Math.max(this.#prices[id] + step, 100), highest);
    return { id, version: this.#versions[id], price: this.#prices[id], at };
  }
}

/** A whole number below `end`. */
const random = (end) => Math.floor(Math.random() * end);
