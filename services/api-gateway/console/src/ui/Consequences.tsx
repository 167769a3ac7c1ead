// What a closure would do, in words of the language chosen: the gravest first.
import type { JSX } from "preact";

import { useEffect, useRef } from "preact/hooks";

import type { Client } from "../api/client";
import type { ClosureAnswer, Detour } from "../api/types";
import * as store from "../state/store";
import { duration, metres, number, t } from "../words/words";

const NO_TIME_S = 5;

/** A sign whose usual way to a destination leads over what is to be closed. */
export interface Led {
  sign: string;
  destination: string;
}

export async function ledOver(client: Client, links: readonly string[]): Promise<Led[]> {
  const closed = new Set(links);
  const detours = await client.all<Detour>("/v1/detours");
  return detours.filter((detour) => detour.normal?.links.some((id) => closed.has(id))).map(({ sign, destination }) => ({ sign, destination }));
}

export function Consequences({ answer, led = [] }: { answer: ClosureAnswer; led?: readonly Led[] }): JSX.Element {
  const bySign = new Map<string, Set<string>>();
  for (const { sign, destination } of led) bySign.set(sign, (bySign.get(sign) ?? new Set()).add(destination));
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: "nearest" }), [answer]);
  const grave = [...answer.cut_off.map(cut), ...answer.unreachable.destinations.map((name) => t("unreachable_destination", { name })), ...answer.unreachable.signs.map((name) => t("unreachable_sign", { name })), ...answer.unreachable.detectors.map((name) => t("unreachable_detector", { name }))];
  const touched = [
    ...answer.corridors.map((corridor) => t("breaks_corridor", { id: corridor.corridor_id })),
    ...answer.detours.map((detour) => t("changes_sign", { sign: signName(detour.sign_id), destination: detour.destination_id })),
  ];
  return (
    <section ref={place} class={`consequences ${answer.isolates ? "isolates" : ""}`} aria-live="polite">
      <h3>{t("consequences")}</h3>
      {answer.isolates && <p class="problem" role="alert">{t("isolates")}</p>}
      {grave.length + touched.length + bySign.size === 0 && <p class="good">{t("consequences_none")}</p>}
      <ul>{grave.map((words) => <li key={words} class="grave">{words}</li>)}</ul>
      <ul>{touched.map((words) => <li key={words}>{words}</li>)}</ul>
      {bySign.size > 0 && <p>{t("leads_signs")}</p>}
      <ul>{[...bySign].map(([sign, destinations]) => <li key={sign}>{t("leads_sign", { sign: signName(sign), destinations: [...destinations].join(", ") })}</li>)}</ul>
      <ul>{answer.stretches.map((stretch) => <li key={stretch.links.join()} class="around">{around(stretch)}</li>)}</ul>
    </section>
  );
}

function signName(id: string): string {
  return `${id} ${store.signs.value.get(id)?.name ?? ""}`.trim();
}

function cut(street: ClosureAnswer["cut_off"][number]): string {
  const values = { street: street.street || t("nameless"), length: metres(street.length_m) };
  if (street.has_way_in && street.has_way_out) return t("cut_turn", values);
  if (street.has_way_in) return t("cut_out", values);
  return t(street.has_way_out ? "cut_in" : "cut_street", values);
}

function around(stretch: ClosureAnswer["stretches"][number]): string {
  const street = stretch.streets.join(", ") || t("nameless");
  if (stretch.added_s === null) return t("around_none", { street });
  const flow = Math.max(stretch.flow_vehh ?? 0, stretch.last_hour_vehh ?? 0, stretch.week_before_vehh ?? 0);
  const phrase = stretch.added_s < NO_TIME_S ? "around_as_quick" : "around";
  const flowWords = flow > 0 ? t("around_flow", { flow: number(flow) }) : "";
  return t(phrase, { street, by: stretch.around_by.join(", ") || t("nameless"), time: duration(stretch.added_s), flow: flowWords });
}
