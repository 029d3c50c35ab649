import { shortDate } from "../format/date";
import { absent, quantity } from "../format/number";
import type { ForecastItem } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { TableCard } from "../parts/table";

interface Props {
  /** The points of each item. */
  items: ForecastItem[][];
  /** The item that is shown by day above. */
  chosen: string;
  onChoose: (itemId: string) => void;
}

/** Lists the expected use of all items by date; an item's name shows it by day. */
export function ForecastTable({ items, chosen, onChoose }: Props) {
  const days = [...new Set(items.flatMap((points) => points.map((point) => point.date)))].sort();
  return (
    <TableCard title="Expected use" note="Choose an item to see it by day.">
      <thead>
        <tr>
          <th scope="col">Item</th>
          {days.map((day) => (
            <th key={day} scope="col">
              {shortDate(day)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((points) => {
          const { itemId, itemName, baseUnit } = points[0]!;
          const byDay = new Map(points.map((point) => [point.date, point.quantity]));
          return (
            <tr key={itemId}>
              <th scope="row">
                <button type="button" className="quiet" aria-pressed={itemId === chosen} onClick={() => onChoose(itemId)}>
                  {itemName}
                </button>{" "}
                <span className="muted">{baseUnit}</span>
              </th>
              {days.map((day) => {
                const expected = byDay.get(day);
                return <td key={day}>{expected === undefined ? absent : quantity(expected)}</td>;
              })}
            </tr>
          );
        })}
      </tbody>
    </TableCard>
  );
}
