// The map, kept as the store is: each effect below draws one thing.
import { effect, signal, untracked } from "@preact/signals";
import "maplibre-gl/dist/maplibre-gl.css";
import { Map as MapLibre, NavigationControl, prewarm, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

import { isIdle } from "../api/client";
import type { LevelOfService } from "../api/types";
import { isDark } from "../state/preferences";
import * as store from "../state/store";
import { open } from "../state/view";
import { isPicking, lookedFor, picked, routes, togglePicked } from "../state/work";
import { t } from "../words/words";
import { boundsOf, collect, isToTheRight, linesOf, opposite, streets } from "./geometry";
import { keepMarkers } from "./markers";
import { DARK, LIGHT } from "./palette";
import { CLOSURES, DETECTORS, LATER, LEVELS, makeStyle, PICKED, ROUTES, STREETS, TOUCH } from "./style";

setWorkerUrl(workerUrl);
prewarm();

let current: MapLibre | null = null;

/** Links that have a level, or had one since the page was opened, as they are drawn. Never fewer. */
const levels = new Map<string, LevelOfService>();
const levelsVersion = signal(0);
/** All streets are made anew when links join those: in a city that just begins to be measured, not every second. */
const STREETS_AGAIN_MS = 5_000;
/**
 * Class of a map that has nothing to show: it is a dot. It gets itself ready meanwhile, but where there is no graphics card its
 * empty pictures would take as long as full ones, and the data that come have to wait for them.
 */
const EMPTY = "empty";

/** Put the map into an element; gives what takes it away again. */
export function makeMap(container: HTMLElement): () => void {
  container.classList.add(EMPTY);
  const map = new MapLibre({
    container,
    style: makeStyle(untracked(() => (isDark.value ? DARK : LIGHT))),
    center: [0, 0],
    zoom: 1,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    refreshExpiredTiles: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-left");
  current = map;
  const resize = new ResizeObserver(() => map.resize());
  resize.observe(container);
  const ends: (() => void)[] = [];
  map.once("style.load", () => ends.push(...keep(map)));
  return () => {
    ends.forEach((end) => end());
    resize.disconnect();
    map.remove();
    current = null;
  };
}

function keep(map: MapLibre): (() => void)[] {
  return [keepLevels(map), keepStreets(map), keepClosures(map), keepRoutes(map), keepPicked(map), keepDetectors(map), keepTheme(map), keepName(map), keepLooking(map), keepMarkers(map), listen(map)];
}

function source(map: MapLibre, id: string): GeoJSONSource {
  return map.getSource(id) as GeoJSONSource;
}

function keepStreets(map: MapLibre): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => {
    timer = undefined;
    source(map, STREETS).setData(streets((id) => levels.has(id)));
  };
  const ends = [
    effect(() => {
      if (store.linksVersion.value === 0) return;
      if (map.getContainer().classList.contains(EMPTY)) unfold(map);
      const bounds = boundsOf(store.links.keys());
      if (bounds !== null) map.fitBounds(bounds, { padding: 40, duration: 0 }); // first: or tiles of elsewhere are made
      draw();
    }),
    effect(() => {
      if (levelsVersion.value > 1) timer ??= setTimeout(draw, STREETS_AGAIN_MS);
    }),
  ];
  return () => {
    clearTimeout(timer);
    ends.forEach((end) => end());
  };
}

/** Give the map its size, now that there is something to show. */
function unfold(map: MapLibre): void {
  map.getContainer().classList.remove(EMPTY);
  map.resize();
  whenDrawn(map, () => onDrawn(map));
}

/** What the first picture does without comes now. */
function onDrawn(map: MapLibre): void {
  for (const layer of LATER) map.setLayoutProperty(layer, "visibility", "visible");
  store.isDrawn.value = true;
}

/** Call back once streets and levels are on the screen. */
function whenDrawn(map: MapLibre, done: () => void): void {
  const onRender = (): void => {
    if (!map.isSourceLoaded(STREETS) || !map.isSourceLoaded(LEVELS)) return;
    map.off("render", onRender);
    performance.mark("lotse:drawn");
    done();
  };
  map.on("render", onRender);
}

/** Changes of a level paint, and move nothing; a link that is measured for the first time joins those that have one. */
function keepLevels(map: MapLibre): () => void {
  let drawnLinks = -1;
  return effect(() => {
    void store.statesVersion.value;
    if (store.linksVersion.value === 0) return;
    let isWider = drawnLinks !== store.linksVersion.value;
    drawnLinks = store.linksVersion.value;
    for (const [id, { level_of_service: level }] of store.linkStates) {
      if (levels.get(id) === level || (level === "unknown" && !levels.has(id))) continue;
      isWider ||= !levels.has(id);
      map.setFeatureState({ source: LEVELS, id }, { level });
      levels.set(id, level);
    }
    for (const [id, level] of levels) {
      if (level === "unknown" || store.linkStates.has(id)) continue;
      map.setFeatureState({ source: LEVELS, id }, { level: "unknown" }); // read anew, and nothing is known of it any more
      levels.set(id, "unknown");
    }
    if (!isWider) return;
    source(map, LEVELS).setData(collect(linesOf(levels.keys())));
    levelsVersion.value = levelsVersion.peek() + 1;
  });
}

function keepLooking(map: MapLibre): () => void {
  return effect(() => {
    const bounds = boundsOf(lookedFor.value);
    if (bounds !== null) map.fitBounds(bounds, { padding: 90, maxZoom: 16, duration: 500 });
  });
}

function keepClosures(map: MapLibre): () => void {
  return effect(() => {
    void store.linksVersion.value;
    const active = store.presentRoadworks.value.filter((roadwork) => roadwork.status === "active");
    source(map, CLOSURES).setData(collect(active.flatMap((roadwork) => linesOf(roadwork.links, { closed: roadwork.effect === "closed" }))));
  });
}

function keepRoutes(map: MapLibre): () => void {
  return effect(() => {
    void store.linksVersion.value;
    const ways = routes.value;
    const features = ways === null ? [] : [...linesOf(ways.usual, { kind: "usual" }), ...linesOf(ways.shown, { kind: "shown" })];
    source(map, ROUTES).setData(collect(features));
  });
}

function keepPicked(map: MapLibre): () => void {
  return effect(() => {
    void store.linksVersion.value;
    source(map, PICKED).setData(collect(linesOf(picked.value)));
    map.getCanvas().classList.toggle("picking", isPicking.value);
  });
}

function keepDetectors(map: MapLibre): () => void {
  return effect(() => {
    const known = store.health.value;
    const features = [...store.detectors.value.values()].flatMap((detector) => {
      const { detector_id: id, lon, lat } = detector;
      if (lon === null || lat === null || lon === undefined || lat === undefined) return [];
      const ok = (known.get(id)?.status ?? "ok") === "ok";
      return [{ type: "Feature" as const, geometry: { type: "Point" as const, coordinates: [lon, lat] }, properties: { id, ok } }];
    });
    source(map, DETECTORS).setData(collect(features));
  });
}

/** Colours change in place: sources and what was told of links stay. */
function keepTheme(map: MapLibre): () => void {
  return effect(() => {
    for (const layer of makeStyle(isDark.value ? DARK : LIGHT).layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        if (name.endsWith("color")) map.setPaintProperty(layer.id, name as never, value as never);
      }
    }
  });
}

function keepName(map: MapLibre): () => void {
  return effect(() => map.getCanvas().setAttribute("aria-label", t("map")));
}

function listen(map: MapLibre): () => void {
  map.on("click", (event) => {
    const [{ x, y }, reach] = [event.point, 6];
    const box: [[number, number], [number, number]] = [[x - reach, y - reach], [x + reach, y + reach]];
    if (!isPicking.value) {
      const detector = map.queryRenderedFeatures(box, { layers: ["detector"] })[0];
      if (detector !== undefined) return open("detectors", String(detector.properties["id"]));
    }
    const link = linkAt(map, x, y);
    if (link === undefined) return;
    if (isPicking.value) togglePicked(link.id, opposite(link)?.id);
    else open("overview", link.id);
  });
  map.on("mousemove", TOUCH, () => map.getCanvas().classList.add("over"));
  map.on("mouseleave", TOUCH, () => map.getCanvas().classList.remove("over"));
  return () => undefined;
}

/** The link under a finger: the nearer, the better. */
function linkAt(map: MapLibre, x: number, y: number): store.Link | undefined {
  for (const reach of [0, 3, 6, 10]) {
    const box: [[number, number], [number, number]] = [[x - reach, y - reach], [x + reach, y + reach]];
    const found = map.queryRenderedFeatures(box, { layers: [TOUCH] })[0];
    const link = found && store.links.get(String(found.properties["id"]));
    if (link === undefined) continue;
    const isOther = found?.properties["is_both"] === true && !isToTheRight(link.coordinates.map((place) => map.project(place)), { x, y });
    return isOther ? opposite(link) : link;
  }
  return undefined;
}

/** For tests, which cannot see colours: what is drawn of a link. */
function drawnLevel(id: string): unknown {
  return current?.getFeatureState({ source: LEVELS, id })["level"];
}

/** For tests, too: where on the screen a link is, in the middle of its longest piece. */
function placeOnScreen(id: string): { x: number; y: number } | null {
  const link = store.links.get(id);
  if (link === undefined || current === null) return null;
  const area = current.getCanvas().getBoundingClientRect();
  const points = link.coordinates.map((place) => (current as MapLibre).project(place));
  let found = { x: 0, y: 0, length: -1 };
  points.slice(1).forEach((b, place) => {
    const a = points[place] as typeof b;
    const length = a.dist(b);
    if (length > found.length) found = { x: area.x + (a.x + b.x) / 2, y: area.y + (a.y + b.y) / 2, length };
  });
  return { x: found.x, y: found.y };
}

Object.assign(window, { lotse: { drawnLevel, placeOnScreen, isIdle, map: () => current } });
