// Lists of the API, put into the store.
import { Problem, type Client } from "../api/client";
import type { Decision, LinkCollection, Position, Shown } from "../api/types";
import * as store from "../state/store";

export function putAll(page: LinkCollection): void {
  let isNew = false;
  for (const feature of page.features) {
    const { properties: link } = feature;
    if (link.ways.length > 0) store.isOpenStreetMap.value = true;
    if (!store.links.has(feature.id)) {
      isNew = true;
      const { name, ref, road_class, length_m, lanes, free_flow_kmh, from_node, to_node, detectors } = link;
      const coordinates = feature.geometry.coordinates as Position[];
      store.links.set(feature.id, { id: feature.id, name, ref, road_class, length_m, lanes, free_flow_kmh, from_node, to_node, detectors, coordinates });
    }
    const { link_id, level_of_service, speed_kmh, confidence, source } = link;
    store.linkStates.set(link_id, { link_id, level_of_service, speed_kmh, confidence, source });
  }
  if (isNew) store.linksVersion.value += 1;
  store.statesVersion.value += 1;
}

let hasDisplays = true;

/** What all signs show; of a gateway that has no list of displays, what they were told, unconfirmed. */
export async function listShown(client: Client): Promise<Shown[]> {
  if (hasDisplays) {
    try {
      return await client.all<Shown>("/v1/displays");
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      hasDisplays = false;
    }
  }
  const decisions = await client.all<Decision>("/v1/decisions");
  return decisions.map((decision) => ({
    sign_id: decision.sign,
    display: { state: decision.state, lines: decision.lines, source: decision.source },
    decided_at: decision.decided_at,
    fresh_until: null,
    confirmation: null,
  }));
}
