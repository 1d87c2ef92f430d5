// Pages with a document of Yjs each, on a server that speaks the JSON envelope and keeps shared texts. Each page writes at
// random, also while it is cut off.
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { serve } from './control.mjs';
import { versions } from './versions.mjs';

const CHANNEL = 'notes';
const PIECES = ['a', 'bc', '😀', 'ž€', '👩‍👩‍👧', 'some words ', '\n'];

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => Buffer.from(text, 'base64');

class Page {
  #url;
  #socket;
  #sent = 0;
  #name;
  /** What is still to be answered, by its id. */
  #waiting = new Map();
  doc = new Y.Doc();
  text = this.doc.getText('body');

  constructor(url, name) {
    this.#url = url;
    this.#name = name;
    this.doc.on('update', (update, origin) => {
      if (origin !== this && this.#socket) this.#update(update);
    });
  }

  /** Opens a socket, and syncs. */
  async connect() {
    const socket = new WebSocket(this.#url);
    await new Promise((done, failed) => socket.once('open', done).once('error', failed));
    this.#socket = socket;
    socket.on('message', (frame) => this.#hear(JSON.parse(frame)));
    await this.#ask('subscribe');
    await this.#sync();
  }

  cut() {
    this.#socket?.terminate();
    this.#socket = undefined;
    for (const { failed } of this.#waiting.values()) failed(new Error('cut'));
    this.#waiting.clear();
  }

  async settled() {
    while (this.#waiting.size > 0) await Promise.all([...this.#waiting.values()].map(({ answer }) => answer));
  }

  /** One edit; places are counted in UTF-16, and none is within a character. */
  edit(random) {
    const chars = [...this.text.toString()];
    const at = Math.floor(random() * (chars.length + 1));
    const units = (from, to) => chars.slice(from, to).join('').length;
    if (chars.length > 4 && random() < 0.35) {
      const end = Math.min(chars.length, at + 1 + Math.floor(random() * 5));
      this.text.delete(units(0, at), units(at, end));
    } else {
      this.text.insert(units(0, at), PIECES[Math.floor(random() * PIECES.length)]);
    }
  }

  async #sync() {
    const { update, stateVector } = await this.#ask('text:sync', { stateVector: base64(Y.encodeStateVector(this.doc)) });
    Y.applyUpdate(this.doc, bytes(update), this);
    await this.#update(Y.encodeStateAsUpdate(this.doc, bytes(stateVector)));
  }

  #update(update) {
    return this.#ask('text:update', { update: base64(update) }).catch(() => {});
  }

  #ask(event, data) {
    const id = `${this.#name}-${(this.#sent += 1)}`;
    const waiting = {};
    waiting.answer = new Promise((done, failed) => Object.assign(waiting, { done, failed }));
    waiting.answer.catch(() => {});
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ event, channel: CHANNEL, id, data }));
    return waiting.answer;
  }

  #hear({ event, re, data, error }) {
    if (event === 'text:update') Y.applyUpdate(this.doc, bytes(data.update), this);
    const waiting = this.#waiting.get(re);
    this.#waiting.delete(re);
    // What the server lacks goes with the next sync; the test fails if anything is refused otherwise.
    if (error) refusals.push(error.code);
    if (error) waiting?.failed(new Error(error.message));
    else waiting?.done(data);
  }
}

const pages = [];
const refusals = [];

/** Numbers that look random, the same for each seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

serve(
  { port: 0, versions: versions('yjs') },
  {
    /** Opens so many pages. */
    open: async ({ url, count }) => {
      for (let n = 0; n < count; n += 1) {
        pages.push(new Page(url, `page${n}`));
        await pages[n].connect();
      }
    },
    /** Writes in all of them at once; links are cut, and come back. */
    write: async ({ rounds, seed }) => {
      const random = generator(seed);
      const away = new Set();
      for (let round = 0; round < rounds; round += 1) {
        const page = pages[Math.floor(random() * pages.length)];
        page.edit(random);
        if (random() < 0.02) {
          page.cut();
          away.add(page);
        }
        if (random() < 0.05) {
          for (const page of away) await page.connect();
          away.clear();
        }
        // Others are heard now and then, not after each edit.
        if (random() < 0.3) await new Promise((done) => setImmediate(done));
      }
      for (const page of away) await page.connect();
      for (const page of pages) await page.settled();
    },
    /** What each of them shows, as UTF-16, and what was refused. */
    shown: () => ({ texts: pages.map(({ text }) => text.toString()), refusals }),
  },
);
