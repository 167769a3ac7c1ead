// Drawing a closure: pick links, say what and when, see what it would do, approve it.
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";

import type { ClosureAnswer, ClosureQuestion, NewRoadwork } from "../api/types";
import { opposite } from "../map/geometry";
import * as store from "../state/store";
import { open } from "../state/view";
import { pickAll, pickBoth, picked, toClose, togglePicked } from "../state/work";
import { metres, moment, t } from "../words/words";
import { addRoadwork } from "./act";
import { Consequences, ledOver, type Led } from "./Consequences";
import { Act, Panel } from "./parts";
import { findStreets } from "./streets";

type Effect = NewRoadwork["effect"];

export function Drawing(): JSX.Element {
  const effect = useSignal<Effect>("closed");
  const figure = useSignal(1);
  const name = useSignal("");
  const trucksOnly = useSignal(false);
  const [from, until, hours] = [useSignal(""), useSignal(""), useSignal("")];
  const override = useSignal("");
  /** The answer, and the question that it answers. */
  const checked = useSignal<{ question: string; answer: ClosureAnswer; led: Led[] } | null>(null);
  useLayoutEffect(() => { // with what is drawn, not after: who is quick picks links before an effect would clear them
    picked.value = new Set(toClose.value);
    toClose.value = [];
    return () => {
      picked.value = new Set();
    };
  }, []);
  const ids = [...picked.value];
  const streets = [...new Set(ids.map(store.linkName))];
  const called = name.value.trim() || t("default_name", { street: streets.slice(0, 2).join(", ") });
  const when = { starts_at: toUtc(from.value), ends_at: toUtc(until.value) };
  const isPast = when.ends_at !== null && Date.parse(when.ends_at) <= (when.starts_at === null ? store.lotseNow.value : Date.parse(when.starts_at));
  const shared = { links: ids, vehicles: trucksOnly.value ? (["truck"] as ["truck"]) : [], recurrence: hours.value.trim() || null, ...when };
  const question: ClosureQuestion = { ...shared, ...(trucksOnly.value && { vehicle: { class: "truck" as const } }) } as ClosureQuestion;
  const asked = JSON.stringify(question);
  const whenWords = [
    when.starts_at === null ? t("now") : moment(when.starts_at),
    when.ends_at === null ? t("open_end") : moment(when.ends_at),
    ...(hours.value.trim() === "" ? [] : [hours.value.trim()]),
    t(trucksOnly.value ? "binds_truck" : "binds_all"),
  ].join(", ");
  const answer = checked.value?.answer ?? null;
  const isChecked = effect.value !== "closed" || checked.value?.question === asked;
  const isolates = effect.value === "closed" && isChecked && answer?.isolates === true;
  const isDrawn = ids.length > 0 && !isPast;
  const check = async (): Promise<void> => {
    const { client } = store;
    if (client.value === null) return;
    const [found, led] = await Promise.all([client.value.post<ClosureAnswer>("/v1/roadworks/check", question), trucksOnly.value ? [] : ledOver(client.value, ids)]);
    checked.value = { question: asked, answer: found, led };
  };
  const save = async (approve: boolean): Promise<void> => {
    const body = {
      ...shared,
      name: called,
      effect: effect.value,
      lanes_closed: effect.value === "lanes" ? figure.value : null,
      speed_kmh: effect.value === "speed" ? figure.value : null,
      approve,
      override_reason: isolates && approve ? override.value.trim() : null,
    } as NewRoadwork;
    open("roadworks", (await addRoadwork(body)).roadwork_id);
  };
  return (
    <Panel title={t("new_closure")} back="roadworks">
      <form class="form" onSubmit={(event) => event.preventDefault()}>
        <Picked ids={ids} />
        <fieldset class="choice inline">
          <legend>{t("effect")}</legend>
          {(["closed", "lanes", "speed"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="effect" checked={effect.value === each} onChange={() => ((effect.value = each), (figure.value = each === "speed" ? 30 : 1))} /> {t(`effect_${each}`)}
            </label>
          ))}
        </fieldset>
        {effect.value !== "closed" && (
          <label>
            {t(effect.value === "lanes" ? "lanes_closed" : "speed_kmh")}
            <input type="number" min={1} max={effect.value === "lanes" ? 12 : 200} value={figure.value} onInput={(event) => (figure.value = Number(event.currentTarget.value))} />
          </label>
        )}
        <label>
          {t("name")}
          <input value={name.value} placeholder={streets.length > 0 ? called : t("name_hint")} onInput={(event) => (name.value = event.currentTarget.value)} />
        </label>
        <details open={isPast || undefined}>
          <summary>{t("when_and_whom")} <span class="hint">{whenWords}</span></summary>
          <div class="form">
            <label><span>{t("from")} <span class="hint">({t("now")})</span></span><input type="datetime-local" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} /></label>
            <label><span>{t("until")} <span class="hint">({t("open_end")})</span></span><input type="datetime-local" value={until.value} onInput={(event) => (until.value = event.currentTarget.value)} /></label>
            {isPast && <p class="problem" role="alert">{t("time_past")}</p>}
            <label>
              {t("hours")}
              <input value={hours.value} aria-describedby="hours-hint" onInput={(event) => (hours.value = event.currentTarget.value)} />
              <span class="hint" id="hours-hint">{t("hours_hint")}</span>
            </label>
            <label class="inline"><input type="checkbox" checked={trucksOnly.value} onChange={(event) => (trucksOnly.value = event.currentTarget.checked)} /> {t("binds_truck")}</label>
          </div>
        </details>
        {effect.value === "closed" && <Act label={t("check")} kind={isChecked ? "" : "primary"} disabled={!isDrawn} does={check} />}
        {effect.value === "closed" && answer !== null && (isChecked ? <Consequences answer={answer} led={checked.value?.led ?? []} /> : <p class="note" role="status">{t("check_old")}</p>)}
        {isolates && <label>{t("override")}<input value={override.value} onInput={(event) => (override.value = event.currentTarget.value)} /></label>}
        <p class="buttons">
          <Act
            label={t("approve", { when: when.starts_at === null ? t("approve_now") : t("approve_at", { time: moment(when.starts_at) }) })}
            kind={isChecked && isDrawn ? "primary" : ""}
            disabled={!isDrawn || !isChecked || (isolates && override.value.trim().length < 3)}
            does={() => save(true)}
          />
          <Act label={t("save_draft")} disabled={!isDrawn} does={() => save(false)} />
        </p>
      </form>
    </Panel>
  );
}

/** Of a field of the form, which is in the time zone of this computer. */
function toUtc(local: string): string | null {
  return local === "" ? null : new Date(local).toISOString();
}

function Picked({ ids }: { ids: string[] }): JSX.Element {
  const text = useSignal("");
  const said = useSignal("");
  useSignalEffect(() => {
    said.value = picked.value.size === 0 ? "" : t("picked", { count: picked.value.size, length: metres([...picked.value].reduce((sum, id) => sum + (store.links.get(id)?.length_m ?? 0), 0)) });
  });
  return (
    <fieldset>
      <legend>{t("street")}</legend>
      <p class="hint">{t("pick_hint")}</p>
      <label class="inline"><input type="checkbox" checked={pickBoth.value} onChange={(event) => (pickBoth.value = event.currentTarget.checked)} /> {t("both_directions")}</label>
      <label>{t("find_street")}<input type="search" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} /></label>
      <ul class="list">
        {findStreets(text.value).map(({ name, ids: found }) => (
          <li key={name}>
            <button type="button" class="item" onClick={() => (pickAll(found), (text.value = ""))} aria-label={t("add_street", { name })}>
              <span class="grow">{name}</span> {t("links", { count: found.length })}
            </button>
          </li>
        ))}
      </ul>
      <p class="note" role="status">{said.value}</p>
      <ul class="list picked">
        {ids.map((id) => {
          const link = store.links.get(id);
          if (link === undefined) return null;
          const called = `${store.linkName(id)} ${t("from_to", { from: link.from_node, to: link.to_node })}`;
          const remove = (): void => togglePicked(id, pickBoth.value ? opposite(link)?.id : undefined);
          return (
            <li key={id}>
              <span class="grow">{called}</span>
              <button type="button" class="quiet" aria-label={t("remove_link", { name: called })} onClick={remove}>×</button>
            </li>
          );
        })}
      </ul>
    </fieldset>
  );
}
