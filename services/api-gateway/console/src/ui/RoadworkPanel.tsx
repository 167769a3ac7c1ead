// A roadwork that is there: what it is, what it does, and what may be done with it.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

import type { ClosureAnswer, Roadwork } from "../api/types";
import * as store from "../state/store";
import { showOnMap } from "../state/work";
import { moment, number, t } from "../words/words";
import { onRoadwork } from "./act";
import { Consequences } from "./Consequences";
import { useMarked } from "./marked";
import { Act, Empty, Panel, Rows } from "./parts";

export function RoadworkPanel({ id }: { id: string }): JSX.Element {
  const roadwork = store.roadworks.value.get(id);
  const links = roadwork?.links ?? [];
  useMarked(links);
  if (roadwork === undefined) return <Panel title={id} back="roadworks"><Empty>{t("nothing_found")}</Empty></Panel>;
  const streets = [...new Set(links.map(store.linkName))].join(", ");
  return (
    <Panel title={roadwork.name} back="roadworks">
      <p><span class={`tag ${roadwork.status}`}>{t(roadwork.status)}</span></p>
      <Rows
        rows={[
          [t("effect"), effectOf(roadwork)],
          [t("street"), streets],
          [t("from"), moment(roadwork.starts_at)],
          [t("until"), roadwork.ended_at !== null ? moment(roadwork.ended_at) : roadwork.ends_at === null ? t("open_end") : moment(roadwork.ends_at)],
          ...(roadwork.recurrence === null ? [] : ([[t("hours"), `${roadwork.recurrence} (${roadwork.time_zone})`]] as const)),
        ]}
      />
      {roadwork.source !== null && <p class="note">{t("of_feed", { source: roadwork.source })}</p>}
      {roadwork.check != null && <Consequences answer={roadwork.check as unknown as ClosureAnswer} />}
      <p class="buttons"><button type="button" onClick={() => showOnMap(links)}>{t("show_on_map")}</button></p>
      {(roadwork.status === "draft" || roadwork.status === "checked") && <OfDraft roadwork={roadwork} />}
      {(roadwork.status === "active" || roadwork.status === "approved") && <End id={id} />}
    </Panel>
  );
}

function effectOf({ effect, lanes_closed, speed_kmh }: Roadwork): string {
  if (effect === "closed") return t("effect_closed");
  return effect === "lanes" ? `${t("lanes_closed")}: ${number(lanes_closed)}` : `${t("speed_kmh")}: ${number(speed_kmh)}`;
}

function OfDraft({ roadwork: { roadwork_id: id, doubts, check, effect } }: { roadwork: Roadwork }): JSX.Element {
  const why = useSignal("");
  const confirmed = useSignal(false);
  const isolates = (check as unknown as ClosureAnswer | null)?.isolates === true;
  const override = why.value.trim();
  const isReady = (effect !== "closed" || check !== null) && (!isolates || override.length >= 3) && (doubts.length === 0 || confirmed.value);
  const approve = (): Promise<unknown> => onRoadwork(id, "approve", { override_reason: isolates ? override : null, confirm: confirmed.value });
  return (
    <div class="form">
      {doubts.length > 0 && (
        <fieldset>
          <legend>{t("doubts")}</legend>
          <ul>{doubts.map((doubt) => <li key={doubt}>{doubt}</li>)}</ul>
          <label class="inline"><input type="checkbox" checked={confirmed.value} onChange={(event) => (confirmed.value = event.currentTarget.checked)} /> {t("confirm_doubts")}</label>
        </fieldset>
      )}
      {isolates && <label>{t("override")}<input value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} /></label>}
      <p class="buttons">
        {effect === "closed" && <Act label={t("check")} does={() => onRoadwork(id, "check")} />}
        <Act label={t("approve_short")} kind="primary" disabled={!isReady} does={approve} />
        <Act label={t("refuse")} does={() => onRoadwork(id, "refuse")} />
      </p>
    </div>
  );
}

/** Asked twice: an end opens a street to traffic. */
function End({ id }: { id: string }): JSX.Element {
  const isSure = useSignal(false);
  if (!isSure.value) return <p class="buttons"><button type="button" onClick={() => (isSure.value = true)}>{t("end_now")}</button></p>;
  return (
    <p class="buttons">
      {t("end_sure")} <Act label={t("end_now")} kind="danger" does={() => onRoadwork(id, "end")} />
      <button type="button" onClick={() => (isSure.value = false)}>{t("cancel")}</button>
    </p>
  );
}
