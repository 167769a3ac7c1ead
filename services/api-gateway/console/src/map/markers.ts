// Signs and roadworks stand on the map as buttons of the page: crisp, named for screen readers, reached by Tab.
import { effect } from "@preact/signals";
import { Marker, type Map as MapLibre } from "maplibre-gl";
import { render } from "preact";

import type { Position } from "../api/types";
import * as store from "../state/store";
import { open } from "../state/view";
import { roadworkMarker, signMarker } from "../ui/markers";
import { middle } from "./geometry";

export function keepMarkers(map: MapLibre): () => void {
  const ends = [keepSigns(map), keepRoadworks(map), keepSize(map)];
  return () => ends.forEach((end) => end());
}

/** Markers by id: those that are gone are taken away, others stay as they are. */
function keep(map: MapLibre, places: Map<string, Position>, markers: Map<string, Marker>, add: (id: string) => HTMLElement): void {
  for (const [id, marker] of markers) {
    if (places.has(id)) continue;
    render(null, marker.getElement());
    marker.remove();
    markers.delete(id);
  }
  for (const [id, place] of places) {
    const known = markers.get(id);
    if (known !== undefined) known.setLngLat(place);
    else markers.set(id, new Marker({ element: add(id), anchor: "bottom" }).setLngLat(place).addTo(map));
  }
}

function element(): HTMLElement {
  const made = document.createElement("div");
  made.className = "marker";
  return made;
}

function keepSigns(map: MapLibre): () => void {
  const markers = new Map<string, Marker>();
  return effect(() => {
    void store.linksVersion.value;
    const places = new Map<string, Position>();
    for (const sign of store.signs.value.values()) {
      const link = store.links.get(sign.link_id);
      if (sign.lon != null && sign.lat != null) places.set(sign.sign_id, [sign.lon, sign.lat]);
      else if (link !== undefined) places.set(sign.sign_id, middle(link));
    }
    keep(map, places, markers, (id) => {
      const made = element();
      render(signMarker(id, () => open("signs", id)), made);
      return made;
    });
  });
}

function keepRoadworks(map: MapLibre): () => void {
  const markers = new Map<string, Marker>();
  return effect(() => {
    void store.linksVersion.value;
    const places = new Map<string, Position>();
    for (const roadwork of store.presentRoadworks.value) {
      const link = store.links.get(roadwork.links[0] ?? "");
      if (link !== undefined) places.set(roadwork.roadwork_id, middle(link));
    }
    keep(map, places, markers, (id) => {
      const made = element();
      render(roadworkMarker(id, () => open("roadworks", id)), made);
      return made;
    });
  });
}

/** Far away, signs are small plates; near by, they can be read. */
function keepSize(map: MapLibre): () => void {
  const set = (): void => {
    const zoom = map.getZoom();
    map.getContainer().dataset["near"] = zoom > 14.2 ? "close" : zoom > 12.2 ? "middle" : "far";
  };
  map.on("zoom", set);
  set();
  return () => undefined;
}
