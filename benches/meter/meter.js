// Measures a page, whatever it is made of. It looks at the page once a frame, after the browser has painted it:
// at the time of the frame, and at which event the row `r0` shows. That row is changed by every 25th event and by
// the last one (every one, where a page starts cold), and stands first in every order.
(() => {
  const PROBE = "r0";
  const channel = new MessageChannel();
  const frames = [];
  const seen = [];
  let recording = false;
  let last = 0;
  let target = Infinity;
  let memory = null;
  let firstAt = 0;

  const now = () => performance.timeOrigin + performance.now();

  function shown() {
    const text = document.getElementById(PROBE)?.lastElementChild?.textContent;
    return text ? Number(text) : -1;
  }

  channel.port1.onmessage = () => {
    const value = shown();
    if (value >= 0) firstAt ||= now();
    if (value > last) {
      last = value;
      seen.push([value, now()]);
      if (value >= target) bench.doneAt = now();
    }
  };

  function frame(time) {
    if (!recording) return;
    frames.push(time);
    // Answered after this frame has been laid out and painted.
    channel.port2.postMessage(null);
    requestAnimationFrame(frame);
  }

  // What Trunk's pages say when their module runs.
  addEventListener("TrunkApplicationStarted", (event) => {
    memory = event.detail.wasm.memory;
  });

  const bench = {
    /** When the row showed the last event; 0 before. */
    doneAt: 0,
    /** When a row was on the page, and when it showed an event, in milliseconds from when the page was asked for; 0 before. */
    cold: () => [firstAt, bench.doneAt].map((at) => Math.max(0, at - performance.timeOrigin)),
    /** How many rows there are in the document; -1 before the probe is there. */
    rows: () => (shown() < 0 ? -1 : document.querySelectorAll(".row").length),
    /** Starts to measure; event `lastEvent` is the last one. */
    begin(lastEvent) {
      frames.length = 0;
      seen.length = 0;
      last = 0;
      target = lastEvent;
      bench.doneAt = 0;
      recording = true;
      requestAnimationFrame(frame);
    },
    /** Stops, and tells what was measured. */
    end() {
      recording = false;
      const gaps = frames.slice(1).map((time, index) => time - frames[index]);
      return { gaps, seen, last, wasmBytes: memory?.buffer.byteLength ?? 0 };
    },
    /** The first `limit` rows that are shown, in the order in which they are seen. */
    texts(limit) {
      const rows = Array.from(document.querySelectorAll(".row"), (row) => ({
        top: row.getBoundingClientRect().top,
        cells: [row.id, ...Array.from(row.children, (cell) => cell.textContent)],
      }));
      rows.sort((a, b) => a.top - b.top);
      return rows.slice(0, limit).map((row) => row.cells.join(" "));
    },
    /** The files that the page's own code is in. */
    files: () =>
      performance
        .getEntriesByType("resource")
        .map((entry) => entry.name)
        .filter((name) => /\.(js|wasm)(\?|$)/.test(name) && !name.includes("/meter/")),
  };
  window.bench = bench;
  // A cold page is measured from the start, up to the first event that it shows.
  if (new URLSearchParams(location.search).get("cold") === "1") bench.begin(1);
})();
