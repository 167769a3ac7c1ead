// A detector: how it is, its day as a plot, its outages, its newest readings with the rules that struck.
import type { JSX } from "preact";

import type { Aggregate, Outage, Page, Reading } from "../api/types";
import * as store from "../state/store";
import { open } from "../state/view";
import { day, duration, moment, number, rule, t } from "../words/words";
import { useAsked } from "./asked";
import { DayPlot } from "./DayPlot";
import { Empty, Panel } from "./parts";

const MINUTE_MS = 60_000;
const NEWEST = 12;

export function DetectorPanel({ id }: { id: string }): JSX.Element {
  const detector = store.detectors.value.get(id);
  const path = `/v1/detectors/${encodeURIComponent(id)}`;
  const minute = Math.floor(store.tick.value / MINUTE_MS);
  const aggregates = useAsked((client) => client.get<Page<Aggregate>>(`${path}/aggregates?bucket=15min`), id, minute);
  const outages = useAsked((client) => client.get<Page<Outage>>(`${path}/outages`), id);
  const readings = useAsked((client) => client.get<Page<Reading>>(`${path}/readings?limit=1000&from=${since(detector?.interval_s ?? 60)}`), id, minute);
  if (detector === undefined) return <Panel title={id} back="detectors"><Empty>{t("nothing_found")}</Empty></Panel>;
  const health = store.health.value.get(id);
  const lost = (outages.value.answer?.items ?? []).filter((outage) => outage.outage_s > 0).reverse();
  return (
    <Panel title={`${id} ${detector.name}`} back="detectors">
      <p><Status id={id} /> {health?.last_received_at != null && t("last_heard", { time: moment(health.last_received_at, true) })}</p>
      {detector.link_id != null && (
        <p><button type="button" class="link" onClick={() => open("overview", detector.link_id as string)}>{store.linkName(detector.link_id)}</button></p>
      )}
      <h3>{t("day")}</h3>
      {aggregates.value.answer !== null && <DayPlot aggregates={aggregates.value.answer.items} until={store.lotseNow.peek()} />}
      {aggregates.value.problem !== null && <p class="problem" role="alert">{aggregates.value.problem}</p>}
      <h3>{t("outages")}</h3>
      {outages.value.answer !== null && lost.length === 0 && <Empty>{t("no_outages")}</Empty>}
      <ul class="list outages">
        {lost.map((outage) => (
          <li key={outage.day} class={outage.is_over_limit ? "over" : ""}>
            <span class="bar" aria-hidden="true"><span style={{ width: `${Math.max(0, 100 - 100 * outage.outage_share)}%` }} /></span>
            <span>{t("outage_day", { day: day(outage.day), time: duration(outage.outage_s) })} {outage.is_over_limit && <strong>{t("over_limit")}</strong>}</span>
          </li>
        ))}
      </ul>
      <Newest readings={(readings.value.answer?.items ?? []).slice(-NEWEST).reverse()} />
    </Panel>
  );
}

function since(interval_s: number): string {
  return encodeURIComponent(new Date(store.lotseNow.peek() - 20 * 1000 * interval_s - 60_000).toISOString());
}

export function Status({ id }: { id: string }): JSX.Element {
  const status = store.health.value.get(id)?.status ?? "never_heard";
  return <span class={`status ${status}`}>{t(`health_${status}`)}</span>;
}

function Newest({ readings }: { readings: Reading[] }): JSX.Element {
  const codes = [...new Set(readings.flatMap((reading) => reading.rule_codes))].sort();
  return (
    <section>
      <h3>{t("latest")}</h3>
      <div class="scroll" tabIndex={0} role="group" aria-label={t("latest")}>
        <table>
          <thead>
            <tr><th scope="col">{t("time")}</th><th scope="col">n</th><th scope="col">km/h</th><th scope="col">%</th><th scope="col">{t("rules")}</th></tr>
          </thead>
          <tbody>
            {readings.map(({ measured_at, raw, rule_codes }) => (
              <tr key={measured_at}>
                <td>{moment(measured_at, true)}</td>
                <td>{number(raw.vehicle_count)}</td>
                <td>{number(raw.mean_speed_kmh)}</td>
                <td>{number(raw.occupancy_pct)}</td>
                <td>{rule_codes.join(" ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {codes.map((code) => <p class="note" key={code}>{rule(code)}</p>)}
    </section>
  );
}
