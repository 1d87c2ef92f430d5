/** A row as the server sends it, in some runs without a version. `seq` is the number of the event that changed it last. */
export interface Row {
  id: string;
  version?: number;
  name: string;
  price: number;
  seq: number;
}

/** The data of a `list:update`. The item of an update holds only what changed. */
export type Change =
  | { action: "create"; item: Row }
  | { action: "update"; item: Partial<Row> & { id: string } }
  | { action: "delete"; item: { id: string } };

/** The highest price first, and by id where prices are equal. */
export function byPrice(a: Row, b: Row): number {
  return b.price - a.price || (a.id < b.id ? -1 : 1);
}

/** One change, as the pattern has it: a new array, and new objects where something changed. */
export function applyChange(rows: Row[], change: Change): Row[] {
  const { action, item } = change;
  switch (action) {
    case "create":
      return [...rows, item];
    case "update":
      return rows.map((row) => (row.id === item.id ? { ...row, ...item } : row));
    case "delete":
      return rows.filter((row) => row.id !== item.id);
  }
}

/** Many changes in one pass over the rows. */
export function applyChanges(rows: Row[], changes: Change[]): Row[] {
  const updates = new Map<string, Partial<Row>>();
  const created: Row[] = [];
  const deleted = new Set<string>();
  for (const { action, item } of changes) {
    switch (action) {
      case "create":
        created.push(item);
        break;
      case "update":
        updates.set(item.id, { ...updates.get(item.id), ...item });
        break;
      case "delete":
        deleted.add(item.id);
        break;
    }
  }
  const changed: Row[] = [];
  for (const row of created.length > 0 ? [...rows, ...created] : rows) {
    if (!deleted.has(row.id)) {
      const update = updates.get(row.id);
      changed.push(update ? { ...row, ...update } : row);
    }
  }
  return changed;
}
