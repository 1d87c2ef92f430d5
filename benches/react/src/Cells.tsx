import { type CSSProperties, memo } from "react";
import type { Row } from "./row";

interface Properties {
  row: Row;
  style?: CSSProperties;
}

/** One row; rendered again only when it changes. */
export const Cells = memo(function Cells({ row, style }: Properties) {
  return (
    <div id={row.id} className="row" style={style}>
      <span>{row.name}</span>
      <span>{row.price}</span>
      <span>{row.seq}</span>
    </div>
  );
});
