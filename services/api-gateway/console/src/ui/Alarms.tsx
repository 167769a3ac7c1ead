import type { JSX } from "preact";

import type { Alarm } from "../api/types";
import * as store from "../state/store";
import { open } from "../state/view";
import { moment, t } from "../words/words";
import { acknowledge } from "./act";
import { Act, Empty, Panel } from "./parts";

export function Alarms(): JSX.Element {
  const alarms = store.openAlarms.value;
  return (
    <Panel title={t("alarms")}>
      {alarms.length === 0 && <Empty>{t("no_alarms")}</Empty>}
      <ul class="list">
        {alarms.map((alarm) => (
          <li key={alarm.alarm_id} class={`card alarm ${alarm.acknowledged_at === null ? "new" : ""}`}>
            <p><strong>{alarm.kind}</strong> <Subject alarm={alarm} /></p>
            <p class="words">{alarm.message}</p>
            <p class="note">{t("raised", { time: moment(alarm.raised_at) })}</p>
            {alarm.acknowledged_at === null ? (
              <Act label={t("acknowledge")} name={`${t("acknowledge")}: ${alarm.kind} ${alarm.subject}`} does={() => acknowledge(alarm.alarm_id)} />
            ) : (
              <p class="note">{t("acknowledged", { time: moment(alarm.acknowledged_at) })}</p>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Subject({ alarm: { subject } }: { alarm: Alarm }): JSX.Element {
  if (store.detectors.value.has(subject)) return <button type="button" class="link" onClick={() => open("detectors", subject)}>{subject}</button>;
  if (store.signs.value.has(subject)) return <button type="button" class="link" onClick={() => open("signs", subject)}>{subject}</button>;
  return <span>{subject}</span>;
}
