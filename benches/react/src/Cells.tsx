import { type CSSProperties, memo } from "react";
import { parameters } from "./parameters";
import type { Row } from "./row";

const { partial } = parameters();

interface Properties {
  row: Row;
  style?: CSSProperties;
}

/** One row; rendered again only when it changes. */
export const Cells = memo(function Cells({ row, style }: Properties) {
  return (
    <div id={row.id} className="row" style={style}>
      <span>{row.name}</span>
      <span>{partial ? row.price.toFixed(2) : row.price}</span>
      <span>{row.seq}</span>
    </div>
  );
});
