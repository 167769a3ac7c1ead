// A day of one detector: three small plots above one another, on one axis of time.
import type { JSX } from "preact";

import type { Aggregate } from "../api/types";
import { moment, number, t } from "../words/words";

const WIDTH = 340;
const HEIGHT = 78;
const LEFT = 30;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BUCKET_MS = 15 * 60_000;

interface Point {
  at: number;
  value: number | null;
}

export function DayPlot({ aggregates, until }: { aggregates: Aggregate[]; until: number }): JSX.Element {
  if (aggregates.length === 0) return <p class="empty">{t("nothing_measured")}</p>;
  const from = until - DAY_MS;
  const points = (value: (aggregate: Aggregate) => number | null): Point[] =>
    aggregates.map((aggregate) => ({ at: Date.parse(aggregate.begins_at), value: value(aggregate) }));
  const perHour = points(({ vehicle_count: count, usable_s }) => (count === null || usable_s === 0 ? null : (3600 * count) / usable_s));
  const plots: [string, "flow" | "speed" | "occupancy", Point[], number][] = [
    [t("flow"), "flow", perHour, 100],
    [t("mean_speed"), "speed", points((aggregate) => aggregate.mean_speed_kmh), 20],
    [t("occupancy"), "occupancy", points((aggregate) => aggregate.occupancy_pct), 20],
  ];
  return (
    <figure class="day">
      {plots.map(([name, kind, values, least]) => <Plot key={kind} name={name} kind={kind} points={values} least={least} from={from} marks={aggregates} />)}
      <figcaption class="note">{t("gaps_hatched")}</figcaption>
      <details>
        <summary>{t("as_table")}</summary>
        <div class="scroll" tabIndex={0} role="group" aria-label={t("as_table")}>
          <table>
            <thead>
              <tr><th scope="col">{t("time")}</th><th scope="col">{t("flow")}</th><th scope="col">km/h</th><th scope="col">%</th><th scope="col">{t("substituted")}</th><th scope="col">{t("invalid")}</th></tr>
            </thead>
            <tbody>
              {aggregates.map((aggregate, place) => (
                <tr key={aggregate.begins_at}>
                  <td>{moment(aggregate.begins_at)}</td>
                  <td>{number(perHour[place]?.value)}</td>
                  <td>{number(aggregate.mean_speed_kmh)}</td>
                  <td>{number(aggregate.occupancy_pct)}</td>
                  <td>{aggregate.substituted}</td>
                  <td>{aggregate.invalid}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function Plot({ name, kind, points, least, from, marks }: { name: string; kind: string; points: Point[]; least: number; from: number; marks: Aggregate[] }): JSX.Element {
  const top = niceTop(Math.max(least, ...points.map((point) => point.value ?? 0)));
  const x = (at: number): number => LEFT + ((at - from) / DAY_MS) * (WIDTH - LEFT);
  const y = (value: number): number => HEIGHT - 16 - (value / top) * (HEIGHT - 28);
  const known = points.filter((point): point is { at: number; value: number } => point.value !== null);
  const wide = (BUCKET_MS / DAY_MS) * (WIDTH - LEFT);
  const newest = known.at(-1);
  const label = `${name}: ${number(newest?.value)} (${moment(newest?.at)}), max ${number(Math.max(0, ...known.map((point) => point.value)))}`;
  return (
    <svg class={`plot ${kind}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <text x={LEFT} y={9} class="name">{name}</text>
      <rect class="unmeasured" x={LEFT} y={12} width={WIDTH - LEFT} height={HEIGHT - 28} />
      {known.map((point) => <rect key={`m${point.at}`} class="measured" x={x(point.at)} y={12} width={wide + 0.3} height={HEIGHT - 28} />)}
      <line class="axis" x1={LEFT} x2={WIDTH} y1={y(0)} y2={y(0)} />
      <text x={LEFT - 4} y={y(top) + 4} class="tick">{number(top)}</text>
      <text x={LEFT - 4} y={y(0)} class="tick">0</text>
      {known.map((point) =>
        kind === "flow" ? (
          <rect key={point.at} class="value" x={x(point.at) + 0.4} y={y(point.value)} width={Math.max(1, wide - 0.6)} height={y(0) - y(point.value)} />
        ) : (
          <rect key={point.at} class="value" x={x(point.at)} y={y(point.value) - 1.2} width={wide} height={2.4} />
        ),
      )}
      {marks.filter((mark) => mark.substituted + mark.invalid > 0).map((mark) => (
        <rect key={`x${mark.begins_at}`} class="mark" x={x(Date.parse(mark.begins_at))} y={y(0) + 1} width={wide} height={3} />
      ))}
      {hoursAfter(from).map((at) => <text key={at} class="hour" x={x(at)} y={HEIGHT - 2}>{moment(at).slice(-5)}</text>)}
    </svg>
  );
}

/** Every sixth hour of the day on this computer's clock, but for those too near to the edge to be written. */
function hoursAfter(from: number): number[] {
  const first = new Date(from + HOUR_MS);
  first.setHours(Math.ceil(first.getHours() / 6) * 6, 0, 0, 0);
  return [0, 6, 12, 18].map((hours) => first.getTime() + hours * HOUR_MS).filter((at) => at > from + HOUR_MS && at < from + DAY_MS - HOUR_MS);
}

function niceTop(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / step) * step;
}
