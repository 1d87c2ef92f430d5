// The rows in view and a few beyond, in elements that are used again and again.

import { compare, fill, follow, makeRow, rank, sorted } from "./feed.js";

const ROW_HEIGHT = 24;
const OVERSCAN = 10;

const list = document.querySelector(".list");
const rows = document.createElement("div");
rows.className = "rows";
list.append(rows);

const byId = new Map();
let order = [];
/** The elements in view: the first shows the row of rank `first`. */
let shown = [];
let waiting = false;

function start(snapshot) {
  if (sorted) snapshot.sort(compare);
  order = snapshot;
  for (const row of snapshot) byId.set(row.id, row);
  rows.style.height = `${order.length * ROW_HEIGHT}px`;
  list.addEventListener("scroll", ask);
  draw();
}

function changed(item) {
  const row = byId.get(item.id);
  if (!row) return;
  if (sorted && item.price !== row.price) {
    order.splice(rank(order, row), 1);
    Object.assign(row, item);
    order.splice(rank(order, row), 0, row);
  } else {
    Object.assign(row, item);
  }
  ask();
}

function ask() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(draw);
}

function draw() {
  waiting = false;
  const top = Math.floor(list.scrollTop / ROW_HEIGHT);
  const first = Math.max(0, top - OVERSCAN);
  const visible = Math.ceil(list.clientHeight / ROW_HEIGHT);
  const count = Math.min(order.length, top + visible + OVERSCAN) - first;
  while (shown.length < count) {
    const element = makeRow();
    element.style.position = "absolute";
    rows.append(element);
    shown.push({ element, id: "", price: null, seq: null, rank: -1 });
  }
  while (shown.length > count) shown.pop().element.remove();
  shown.forEach((slot, index) => {
    const row = order[first + index];
    if (slot.rank !== first + index) {
      slot.rank = first + index;
      slot.element.style.transform = `translateY(${slot.rank * ROW_HEIGHT}px)`;
    }
    if (slot.id !== row.id || slot.price !== row.price || slot.seq !== row.seq) {
      fill(slot.element, row);
      slot.id = row.id;
      slot.price = row.price;
      slot.seq = row.seq;
    }
  });
}

follow(start, changed);
