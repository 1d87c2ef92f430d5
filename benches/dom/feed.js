// The rows of a run and their events, by the browser's own WebSocket.

const search = new URLSearchParams(location.search);
const run = search.get("run");

export const sorted = search.get("sorted") === "1";
const partial = search.get("partial") === "1";

/** What the second cell shows: prices of partial updates have cents. */
export function priceText(row) {
  return partial ? row.price.toFixed(2) : row.price;
}

/** The highest price first, and by id where prices are equal. */
export function compare(a, b) {
  return b.price - a.price || (a.id < b.id ? -1 : 1);
}

/** Fetches the rows and gives them to `start`, then calls `changed` with each item of an update. */
export function follow(start, changed) {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.onopen = () => {
    socket.send(JSON.stringify({ event: "subscribe", channel: `run:${run}`, id: "1" }));
  };
  socket.onmessage = async ({ data }) => {
    const { event, data: change } = JSON.parse(data);
    if (event === "list:update") {
      changed(change.item);
    } else if (event === "subscribe") {
      const response = await fetch(`/runs/${run}/rows`);
      start(await response.json());
    } else if (event === "ping") {
      socket.send(JSON.stringify({ event: "pong" }));
    }
  };
}

/** Where `row` stands, or would stand, in `order`. */
export function rank(order, row) {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(order[middle], row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An element with the three cells of a row. */
export function makeRow() {
  const element = document.createElement("div");
  element.className = "row";
  for (let cell = 0; cell < 3; cell++) {
    element.append(document.createElement("span"));
    element.lastChild.append("");
  }
  return element;
}

/** Writes a row into its element. */
export function fill(element, row) {
  element.id = row.id;
  const [name, price, seq] = element.children;
  name.firstChild.data = row.name;
  price.firstChild.data = priceText(row);
  seq.firstChild.data = row.seq;
}
