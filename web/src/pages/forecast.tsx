import { useForecast } from "../api/franchise";
import { dates } from "../format/date";
import type { DateRange, ForecastItem } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { DateField } from "../parts/date-field";
import { ReportView } from "../parts/report-view";
import { Stamp } from "../parts/stamp";
import { useRoute } from "../route";
import { ItemForecast } from "./forecast-item";
import { ForecastTable } from "./forecast-table";

/** Shows how much of each item is expected to be used, by day, and of one item also how it went. */
export function ForecastPage() {
  const [{ params }, setParams] = useRoute();
  const startDate = params.get("from") ?? "";
  const endDate = params.get("to") ?? "";
  const query = useForecast({ startDate, endDate });
  const range = query.data?.answer.range;
  const [from, to] = [startDate || (range?.startDate ?? ""), endDate || (range?.endDate ?? "")];
  return (
    <>
      <div className="controls">
        <DateField type="date" label="From" value={from} onChange={(day) => setParams({ from: day, to })} />
        <DateField type="date" label="To" value={to} onChange={(day) => setParams({ from, to: day })} />
        <Stamp report={query.data}>{range && <span>{dates(range.startDate, range.endDate)}</span>}</Stamp>
      </div>
      <ReportView query={query} empty={({ forecast, range }) => (forecast.length === 0 ? nothing(range) : undefined)}>
        {({ forecast }) => <Items forecast={forecast} chosen={params.get("item")} onChoose={(item) => setParams({ item })} />}
      </ReportView>
    </>
  );
}

function Items({ forecast, chosen, onChoose }: { forecast: ForecastItem[]; chosen: string | null; onChoose: (itemId: string) => void }) {
  const items = new Map<string, ForecastItem[]>();
  for (const point of forecast) {
    const points = items.get(point.itemId);
    points ? points.push(point) : items.set(point.itemId, [point]);
  }
  const shown = items.has(chosen ?? "") ? chosen! : forecast[0]!.itemId;
  return (
    <>
      <ItemForecast points={items.get(shown)!} />
      <ForecastTable items={[...items.values()]} chosen={shown} onChoose={onChoose} />
    </>
  );
}

const nothing = (range: DateRange | undefined): string =>
  range ? `Nothing is forecast for ${dates(range.startDate, range.endDate)}.` : "Nothing is forecast.";
