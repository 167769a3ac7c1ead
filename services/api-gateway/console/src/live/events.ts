// What an event of the stream does to the store.
import { batch } from "@preact/signals";

import type { Alarm, Confirmation, LinkState, Roadwork } from "../api/types";
import * as store from "../state/store";
import type { ServerEvent } from "./sse";

interface Beat {
  covers_until: string | null;
  heartbeat_at: string | null;
  now: string | null;
}

interface DecisionEvent {
  sign_id: string;
  decision_id: number;
  decided_at: string;
  state: string;
  lines: string[];
  source?: string;
}

/** Put one event into the store; false: it says that everything is to be read again. */
export function apply(event: ServerEvent): boolean {
  const data: unknown = JSON.parse(event.data);
  return batch(() => {
    switch (event.type) {
      case "hello":
      case "heartbeat":
        beat(data as Beat);
        break;
      case "link_states":
        linkStates(data as { computed_until: string | null; links: LinkState[] });
        break;
      case "decision":
        decision(data as DecisionEvent);
        break;
      case "sign":
        confirm(data as { sign_id: string; confirmation: Confirmation });
        break;
      case "roadwork":
        store.roadworks.value = new Map(store.roadworks.value).set((data as Roadwork).roadwork_id, data as Roadwork);
        break;
      case "alarm":
        alarm(data as Alarm);
        break;
      case "reset":
        return false;
    }
    return true;
  });
}

function beat({ covers_until, now }: Beat): void {
  if (covers_until !== null) advance(covers_until);
  if (now !== null) store.clockAhead.value = Date.parse(now) - Date.now();
}

function advance(until: string): void {
  store.coversUntil.value = Math.max(Date.parse(until), store.coversUntil.value ?? 0);
}

function linkStates({ computed_until, links }: { computed_until: string | null; links: LinkState[] }): void {
  for (const state of links) store.linkStates.set(state.link_id, state);
  if (links.length > 0) store.statesVersion.value += 1;
  if (computed_until !== null) advance(computed_until);
}

function decision({ sign_id, decided_at, state, lines, source }: DecisionEvent): void {
  const before = store.shown.value.get(sign_id);
  const display = { state, lines, source: source ?? before?.display?.source ?? "automatic" };
  const fresh_until = before?.fresh_until ?? null;
  // What changed on it the sign has yet to confirm; an event tells when it does, or that it does not.
  const isChanged = before?.display?.lines.join("\n") !== lines.join("\n");
  const known = before?.confirmation ?? null;
  const confirmation = isChanged && known?.state === "confirmed" ? { ...known, state: "pending" as const } : known;
  store.shown.value = new Map(store.shown.value).set(sign_id, { sign_id, display, decided_at, fresh_until, confirmation });
}

function confirm({ sign_id, confirmation }: { sign_id: string; confirmation: Confirmation }): void {
  const before = store.shown.value.get(sign_id);
  if (before !== undefined) store.shown.value = new Map(store.shown.value).set(sign_id, { ...before, confirmation });
}

function alarm(found: Alarm): void {
  const others = store.alarms.value.filter((known) => known.alarm_id !== found.alarm_id);
  store.alarms.value = found.cleared_at === null ? [found, ...others] : others;
}
