import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useMemo, useRef } from "react";
import { Cells } from "./Cells";
import type { Parameters } from "./parameters";
import { render } from "./render";
import type { Row } from "./row";
import { useRows } from "./useRows";

const ROW_HEIGHT = 24;

/** The rows in view, and a few beyond. */
function List(parameters: Parameters) {
  const rows = useRows(parameters);
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    getItemKey: useCallback((index: number) => rows[index]?.id ?? index, [rows]),
  });
  return (
    <div className="list" ref={scroller}>
      <div className="rows" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index];
          return row && <PlacedRow key={key} row={row} start={start} />;
        })}
      </div>
    </div>
  );
}

/** A row at its place; the style is made anew only when the place changes, so that the row's memo holds. */
function PlacedRow({ row, start }: { row: Row; start: number }) {
  const style = useMemo(
    () => ({ position: "absolute", transform: `translateY(${start}px)` }) as const,
    [start],
  );
  return <Cells row={row} style={style} />;
}

render(List);
