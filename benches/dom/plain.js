// All rows, one element each: only the cells that changed are written, only the rows that moved are moved, once a frame.

import { compare, fill, follow, makeRow, priceText, rank, sorted } from "./feed.js";

const list = document.querySelector(".list");
/** By id: the row as it is shown, its element, and what has changed since. */
const entries = new Map();
/** The rows in order, if they are sorted. */
let order = [];
let waiting = new Set();

function start(rows) {
  if (sorted) rows.sort(compare);
  order = rows;
  for (const row of rows) {
    const element = makeRow();
    fill(element, row);
    const [, price, seq] = element.children;
    entries.set(row.id, { row, element, price: price.firstChild, seq: seq.firstChild, next: null });
    list.append(element);
  }
}

function changed(item) {
  const entry = entries.get(item.id);
  if (!entry) return;
  entry.next = { ...(entry.next ?? entry.row), ...item };
  if (waiting.size === 0) requestAnimationFrame(flush);
  waiting.add(entry);
}

function flush() {
  for (const entry of waiting) {
    const { row, next } = entry;
    entry.next = null;
    entry.row = next;
    if (next.seq !== row.seq) entry.seq.data = next.seq;
    if (next.price !== row.price) {
      entry.price.data = priceText(next);
      if (sorted) move(entry, row, next);
    }
  }
  waiting.clear();
}

function move(entry, row, next) {
  order.splice(rank(order, row), 1);
  const to = rank(order, next);
  const following = order[to];
  order.splice(to, 0, next);
  const before = following ? entries.get(following.id).element : null;
  if (entry.element.nextSibling !== before) list.insertBefore(entry.element, before);
}

follow(start, changed);
