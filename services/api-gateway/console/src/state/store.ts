// What the page knows, as signals: whoever reads one is drawn again when it changes. Only `live/feed.ts` writes the city.
import { computed, signal } from "@preact/signals";

import { Client } from "../api/client";
import type { Alarm, Detector, DetectorHealth, LinkState, Position, Proposal, Roadwork, Shown, Sign, System } from "../api/types";

/** The part of a link that stays as long as its network. */
export interface Link {
  id: string;
  name: string;
  ref: string;
  road_class: string;
  length_m: number;
  lanes: number;
  free_flow_kmh: number;
  from_node: string;
  to_node: string;
  coordinates: Position[];
}

export type Connection = "connecting" | "live" | "lost";
/** `opening`: the page was opened with a key, and is built while the server looks at it. `checking`: one was typed. */
export type KeyState = "missing" | "opening" | "checking" | "refused" | "good";

export const client = signal<Client | null>(null);
export const keyState = signal<KeyState>("missing");

export const connection = signal<Connection>("connecting");
/** When anything was last heard from the gateway, in milliseconds of `performance.now()`. */
export const heardAt = signal<number | null>(null);
export const isLoaded = signal(false);
export const isDrawn = signal(false);
export const system = signal<System | null>(null);
export const coversUntil = signal<number | null>(null);
/** Lotse's clock minus ours, in milliseconds: whatever the clock of this computer says, ages are right. */
export const clockAhead = signal(0);
/** Ticks every second. */
export const tick = signal(Date.now());

export const links = new Map<string, Link>();
export const linkStates = new Map<string, LinkState>();
/** Rises when links were added; `statesVersion` when their state changed. The two maps are too large to be copied. */
export const linksVersion = signal(0);
export const statesVersion = signal(0);

/** Of the network that the links are of, and whose name it wants on a map. */
export const networkVersion = signal<string | null>(null);
export const attribution = signal<string | null>(null);

export const signs = signal<ReadonlyMap<string, Sign>>(new Map());
export const shown = signal<ReadonlyMap<string, Shown>>(new Map());
export const detectors = signal<ReadonlyMap<string, Detector>>(new Map());
export const health = signal<ReadonlyMap<string, DetectorHealth>>(new Map());
export const roadworks = signal<ReadonlyMap<string, Roadwork>>(new Map());
export const alarms = signal<readonly Alarm[]>([]);
export const proposals = signal<readonly Proposal[]>([]);

export const STALE_AFTER_S = 60;

export const lotseNow = computed(() => tick.value + clockAhead.value);
/** Age of what is known, in seconds; null: not known, or data time, whose moments do not age. */
export const ageS = computed(() => {
  if (coversUntil.value === null || system.value?.clock === "data") return null;
  return Math.max(0, (lotseNow.value - coversUntil.value) / 1000);
});
export const isStale = computed(() => (ageS.value ?? 0) > STALE_AFTER_S || system.value?.planner?.fresh === false);
/** Whether what is drawn may be taken for the present. */
export const isTrustworthy = computed(() => isLoaded.value && connection.value !== "lost" && !isStale.value);
export const openAlarms = computed(() => alarms.value.filter((alarm) => alarm.cleared_at === null));
export const waitingProposals = computed(() => proposals.value.filter((proposal) => proposal.state === "waiting"));
/** Roadworks that people still have to do with: the others are history. */
export const presentRoadworks = computed(() =>
  [...roadworks.value.values()]
    .filter((roadwork) => roadwork.status !== "ended" && roadwork.status !== "refused")
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at)),
);

export function linkName(id: string): string {
  const link = links.get(id);
  return link?.name || link?.ref || id;
}
