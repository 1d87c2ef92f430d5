/** What the address asks for. */
export interface Parameters {
  /** Which run of the server this page shows. */
  run: string;
  /** Whether the rows stand in the order of their prices. */
  sorted: boolean;
  /** Whether the changes of one frame are applied together, rather than one by one. */
  batched: boolean;
  /** Whether updates are partial and prices have cents. */
  partial: boolean;
}

export function parameters(): Parameters {
  const search = new URLSearchParams(location.search);
  return {
    run: search.get("run") ?? "",
    sorted: search.get("sorted") === "1",
    batched: search.get("batched") === "1",
    partial: search.get("partial") === "1",
  };
}
