// The lists that the tabs open: everything on the map stands in one of them, so that no mouse is needed.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

import type { LevelOfService } from "../api/types";
import * as store from "../state/store";
import { NEW, open } from "../state/view";
import { moment, number, t } from "../words/words";
import { Status } from "./DetectorPanel";
import { Empty, Level, Panel } from "./parts";
import { SignFace, seen, signWords } from "./SignFace";
import { findStreets } from "./streets";

const ORDER: LevelOfService[] = ["jam", "slow", "dense", "free", "unknown"];
const MOST = 30;

export function Overview(): JSX.Element {
  void store.statesVersion.value;
  const counts = new Map<LevelOfService, number>();
  for (const { level_of_service: level } of store.linkStates.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  const slow = [...store.linkStates.values()]
    .filter(({ level_of_service: level }) => level === "jam" || level === "slow")
    .sort((a, b) => (a.speed_kmh ?? 0) - (b.speed_kmh ?? 0))
    .slice(0, MOST);
  const showing = [...store.signs.value.keys()].filter((id) => seen(id).kind === "text");
  return (
    <Panel title={t("overview")}>
      <ul class="counts" aria-label={t("legend")}>
        {ORDER.map((level) => <li key={level}><Level level={level} /><strong>{number(counts.get(level) ?? 0)}</strong></li>)}
        <li><Level level="closed" /><strong>{number(store.presentRoadworks.value.filter((each) => each.status === "active" && each.effect === "closed").length)}</strong></li>
      </ul>
      <button type="button" class="primary wide" onClick={() => open("roadworks", NEW)}>{t("new_closure")}</button>
      <h3>{t("slow_streets")}</h3>
      {slow.length === 0 && <Empty>{t("nothing_slow")}</Empty>}
      <ul class="list">
        {slow.map((state) => (
          <li key={state.link_id}>
            <button type="button" class="item" onClick={() => open("overview", state.link_id)}>
              <Level level={state.level_of_service} /> <span class="grow">{store.linkName(state.link_id)}</span> {number(state.speed_kmh)} km/h
            </button>
          </li>
        ))}
      </ul>
      <h3>{t("signs_showing")}</h3>
      {showing.length === 0 && <Empty>{t("no_sign_shows")}</Empty>}
      <SignItems ids={showing} />
      <StreetSearch />
    </Panel>
  );
}

function StreetSearch(): JSX.Element {
  const text = useSignal("");
  const found = findStreets(text.value);
  return (
    <>
      <h3><label for="find-street">{t("find_street")}</label></h3>
      <input id="find-street" type="search" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      <ul class="list">
        {found.map(({ name, ids }) => (
          <li key={name}>
            <button type="button" class="item" onClick={() => open("overview", ids[0])}>
              <span class="grow">{name}</span> {t("links", { count: ids.length })}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function SignItems({ ids }: { ids: string[] }): JSX.Element {
  return (
    <ul class="list signs">
      {ids.map((id) => (
        <li key={id}>
          <button type="button" class="item" onClick={() => open("signs", id)}>
            <span class="visually-hidden">{signWords(id)} </span>
            <SignFace id={id} />
            <span class="grow"><strong>{id}</strong> {store.signs.value.get(id)?.name}<br /><span class="note">{t("told_at", { time: moment(store.shown.value.get(id)?.decided_at) })}</span></span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Signs(): JSX.Element {
  return <Panel title={t("signs")}><SignItems ids={[...store.signs.value.keys()].sort()} /></Panel>;
}

export function Detectors(): JSX.Element {
  const all = [...store.detectors.value.values()];
  const isBad = (id: string): boolean => (store.health.value.get(id)?.status ?? "ok") !== "ok";
  all.sort((a, b) => Number(isBad(b.detector_id)) - Number(isBad(a.detector_id)) || a.detector_id.localeCompare(b.detector_id));
  return (
    <Panel title={t("detectors")}>
      {all.length === 0 && <Empty>{t("no_detectors")}</Empty>}
      <ul class="list">
        {all.slice(0, 500).map((detector) => (
          <li key={detector.detector_id}>
            <button type="button" class="item" onClick={() => open("detectors", detector.detector_id)}>
              <strong>{detector.detector_id}</strong> <span class="grow">{detector.name}</span> <Status id={detector.detector_id} />
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Roadworks(): JSX.Element {
  const present = store.presentRoadworks.value;
  return (
    <Panel title={t("roadworks")}>
      <button type="button" class="primary wide" onClick={() => open("roadworks", NEW)}>{t("new_closure")}</button>
      {present.length === 0 && <Empty>{t("no_roadworks")}</Empty>}
      <ul class="list">
        {present.map((roadwork) => (
          <li key={roadwork.roadwork_id}>
            <button type="button" class="item" onClick={() => open("roadworks", roadwork.roadwork_id)}>
              <span class="grow">
                <strong>{roadwork.name}</strong><br />
                <span class="note">{moment(roadwork.starts_at)} – {roadwork.ends_at === null ? t("open_end") : moment(roadwork.ends_at)}</span>
              </span>
              <span class={`tag ${roadwork.status}`}>{t(roadwork.status)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
