import { Cells } from "./Cells";
import type { Parameters } from "./parameters";
import { render } from "./render";
import { useRows } from "./useRows";

/** All rows, one element each. */
function List(parameters: Parameters) {
  const rows = useRows(parameters);
  return (
    <div className="list">
      {rows.map((row) => (
        <Cells key={row.id} row={row} />
      ))}
    </div>
  );
}

render(List);
