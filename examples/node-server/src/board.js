// The task board: the tasks in order, and what each change looks like on the wire.

import { LENGTH, Refusal, invalid, optionalText, quoted, text } from "./refusal.js";

/** Tasks on the board. */
const MOST = 1_000;
/** Below this distance between two neighbours the whole board is numbered anew. */
const MIN_GAP = 1e-6;

const SEEDS = [
  ["Sketch the release notes", true, "Ada"],
  ["Measure the first paint", false, "Lin"],
  ["Water the office plants", false, undefined],
  ["Answer the accessibility review", false, "Ada"],
  ["Book a room for the retrospective", false, undefined],
  ["Try the page on a slow phone", false, "Sam"],
];

export class Board {
  /** Always in the order of their positions. */
  #tasks = [];

  constructor(newId, now) {
    for (const [title, done, assignee] of SEEDS) {
      this.#tasks.push({ id: newId(), version: 1, title, done, position: this.#end(), assignee, updatedAt: now });
    }
  }

  tasks() {
    return this.#tasks.map((task) => ({ ...task }));
  }

  create(id, fields, now) {
    const title = text("title", fields.title, LENGTH.title);
    const assignee = optionalText("assignee", fields.assignee, LENGTH.name);
    const editedBy = optionalText("editedBy", fields.editedBy, LENGTH.name);
    if (this.#tasks.length >= MOST) {
      throw new Refusal("limit_reached", `delete a task first: the board holds ${MOST}`);
    }
    const task = { id, version: 1, title, done: false, position: this.#end(), assignee, editedBy, updatedAt: now };
    this.#tasks.push(task);
    return { task: { ...task }, change: { action: "create", item: { ...task } } };
  }

  /** Changes a task; without a real change there is none on the wire either. `null` takes an assignee off. */
  update(fields, now) {
    optionalText("title", fields.title, LENGTH.title);
    optionalText("assignee", fields.assignee, LENGTH.name);
    const editedBy = optionalText("editedBy", fields.editedBy, LENGTH.name);
    if (!["boolean", "undefined"].includes(typeof (fields.done ?? undefined))) {
      throw invalid("done must be true or false");
    }
    const task = this.#tasks[this.#index(fields.id)];
    const base = fields.baseVersion ?? task.version;
    if (base !== task.version) {
      throw new Refusal("conflict", `the task has moved on to version ${task.version}: read it again`);
    }
    const changed = {};
    if (typeof fields.title === "string" && fields.title !== task.title) changed.title = fields.title;
    if (typeof fields.done === "boolean" && fields.done !== task.done) changed.done = fields.done;
    if (fields.assignee !== undefined && (fields.assignee ?? undefined) !== task.assignee) {
      changed.assignee = fields.assignee;
    }
    if (Object.keys(changed).length === 0) return { task: { ...task } };
    return this.#stamp(task, { ...changed, ...(editedBy && { editedBy }) }, now);
  }

  delete(id) {
    const [task] = this.#tasks.splice(this.#index(id), 1);
    const removed = { id, version: task.version + 1 };
    return { task: removed, change: { action: "delete", item: removed } };
  }

  /**
   * Puts a task before or after another one; `null` is the end or the start. The change is that of this task alone,
   * unless the numbers between the neighbours have run out and every task gets a new one.
   */
  move(fields, now) {
    const editedBy = optionalText("editedBy", fields.editedBy, LENGTH.name);
    const from = this.#index(fields.id);
    let to = this.#place(fields);
    if (to > from) to -= 1;
    const [task] = this.#tasks.splice(from, 1);
    const low = this.#tasks[to - 1]?.position;
    const high = this.#tasks[to]?.position;
    this.#tasks.splice(to, 0, task);
    let position = task.position;
    if (low !== undefined && high !== undefined) position = (low + high) / 2;
    else if (low !== undefined) position = low + 1;
    else if (high !== undefined) position = high - 1;
    const fits = low === undefined || high === undefined || high - low > MIN_GAP;
    const moved = this.#stamp(task, { position, ...(editedBy && { editedBy }) }, now);
    return fits ? moved : this.#renumber(task, moved.change.item);
  }

  /** Counted on the board as it is, with the task still in its old place. */
  #place({ before, after }) {
    if ((before === undefined) === (after === undefined)) throw invalid("give either before or after");
    if (before !== undefined) return before === null ? this.#tasks.length : this.#index(before);
    return after === null ? 0 : this.#index(after) + 1;
  }

  /** Numbers all tasks 1, 2, 3 …; `moved` has its change already. */
  #renumber(moved, change) {
    const changes = this.#tasks.map((task, index) => {
      task.position = index + 1;
      if (task === moved) return { action: "update", item: { ...change, position: task.position } };
      task.version += 1;
      return { action: "update", item: { id: task.id, version: task.version, position: task.position } };
    });
    return { task: { ...moved }, change: { action: "batch", changes } };
  }

  /** Marks a task as changed; the change tells only what is new. */
  #stamp(task, changed, now) {
    Object.assign(task, changed, { version: task.version + 1, updatedAt: now });
    task.assignee ??= undefined;
    const item = { id: task.id, version: task.version, ...changed, updatedAt: now };
    return { task: { ...task }, change: { action: "update", item } };
  }

  #end() {
    return (this.#tasks.at(-1)?.position ?? 0) + 1;
  }

  #index(id) {
    if (typeof id !== "string") throw invalid("the id of a task is a text");
    const index = this.#tasks.findIndex((task) => task.id === id);
    if (index < 0) throw new Refusal("not_found", `there is no task ${quoted(id)}`);
    return index;
  }
}
