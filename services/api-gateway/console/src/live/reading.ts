// What the API gives as columns, put into the store.
import { batch } from "@preact/signals";

import type { LinkStates, NetworkLinks, Position } from "../api/types";
import * as store from "../state/store";

/** The links of a network, in the place of those that were known. */
export function putLinks(lines: NetworkLinks): void {
  store.links.clear();
  lines.link_id.forEach((id, place) => {
    store.links.set(id, {
      id,
      name: lines.name[place] ?? "",
      ref: lines.ref[place] ?? "",
      road_class: lines.road_class[place] ?? "",
      length_m: lines.length_m[place] ?? 0,
      lanes: lines.lanes[place] ?? 1,
      free_flow_kmh: lines.free_flow_kmh[place] ?? 0,
      from_node: lines.from_node[place] ?? "",
      to_node: lines.to_node[place] ?? "",
      coordinates: inPairs(lines.coordinates[place] ?? []),
    });
  });
  batch(() => {
    store.networkVersion.value = lines.network_version;
    store.attribution.value = lines.attribution;
    store.linksVersion.value += 1;
  });
}

function inPairs(flat: number[]): Position[] {
  const pairs: Position[] = [];
  for (let place = 0; place + 1 < flat.length; place += 2) pairs.push([flat[place] as number, flat[place + 1] as number]);
  return pairs;
}

export function putStates(states: LinkStates): void {
  store.linkStates.clear();
  states.link_id.forEach((link_id, place) => {
    store.linkStates.set(link_id, {
      link_id,
      level_of_service: states.level_of_service[place] ?? "unknown",
      speed_kmh: states.speed_kmh[place] ?? null,
      confidence: states.confidence[place] ?? null,
      source: states.source[place] ?? null,
    });
  });
  store.statesVersion.value += 1;
}
