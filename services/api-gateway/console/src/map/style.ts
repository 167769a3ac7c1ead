// The style: the street network itself is the ground, served by the gateway, so that no internet is needed.
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

import { WIDTHS, type Palette } from "./palette";

export const STREETS = "streets";
/** Links that are measured, or were since the page was opened: only these have a level, so only these are drawn twice. */
export const LEVELS = "levels";
export const CLOSURES = "closures";
export const ROUTES = "routes";
export const PICKED = "picked";
export const DETECTORS = "detectors";
/** The layer in which a click finds a link. */
export const TOUCH = "street-unknown";

/** Layers that wait for the first picture: names of streets and detectors. */
export const LATER = ["street-name", "detector"];
/** Up to here tiles are made; nearer, those of this zoom are enlarged: they are exact to half a metre. Few tiles, few frames. */
const FINEST = 13;

const NOTHING = { type: "FeatureCollection" as const, features: [] };

/** A tile server that this gateway was set to; the page is told in its head. */
export const TILES = document.querySelector<HTMLMetaElement>('meta[name="lotse-tiles"]');
const GROUND = "tiles";

export function makeStyle(palette: Palette): StyleSpecification {
  return {
    version: 8,
    sources: {
      ...(hasTiles() && { [GROUND]: { type: "raster" as const, tiles: [TILES?.content ?? ""], tileSize: 256 } }),
      [STREETS]: { type: "geojson", data: NOTHING, buffer: 48, maxzoom: FINEST },
      [LEVELS]: { type: "geojson", data: NOTHING, promoteId: "id", buffer: 48, maxzoom: FINEST },
      [CLOSURES]: { type: "geojson", data: NOTHING, maxzoom: FINEST },
      [ROUTES]: { type: "geojson", data: NOTHING, maxzoom: FINEST },
      [PICKED]: { type: "geojson", data: NOTHING, maxzoom: FINEST },
      [DETECTORS]: { type: "geojson", data: NOTHING, promoteId: "id", maxzoom: FINEST },
    },
    layers: makeLayers(palette),
  };
}

export function hasTiles(): boolean {
  return (TILES?.content ?? "") !== "";
}

/** Pixels by zoom, times a factor. */
function byZoom(factor: number | ExpressionSpecification): DataDrivenPropertyValueSpecification<number> {
  const at = (width: number): ExpressionSpecification => ["*", width, factor];
  return ["interpolate", ["exponential", 1.4], ["zoom"], 10, at(1.6), 13, at(3.4), 16, at(8), 19, at(22)];
}

/** Two directions of a street lie side by side, each on its right. */
const BESIDE: DataDrivenPropertyValueSpecification<number> = [
  "interpolate", ["exponential", 1.4], ["zoom"],
  11, ["*", 0.5, ["get", "beside"]], 13, ["*", 1.9, ["get", "beside"]], 16, ["*", 5, ["get", "beside"]], 19, ["*", 13, ["get", "beside"]],
];

const LEVEL: ExpressionSpecification = ["coalesce", ["feature-state", "level"], "unknown"];
const IS_MEASURED: ExpressionSpecification = ["case", ["==", LEVEL, "unknown"], 0, 1];

function byLevel<Value extends string | number>(values: Record<string, Value>, otherwise: Value): ExpressionSpecification {
  const cases = Object.entries(values).flatMap(([level, value]) => [level, value]);
  return ["match", LEVEL, ...cases, otherwise] as unknown as ExpressionSpecification;
}

const CASED_FROM = 12.5;
const ROUND = { "line-cap": "round", "line-join": "round" } as const;

function makeLayers(palette: Palette): LayerSpecification[] {
  const { levels } = palette;
  const line = (id: string, source: string, paint: object, layout: object = {}): LayerSpecification =>
    ({ id, source, type: "line", layout: { "line-join": "round", ...layout }, paint: { "line-offset": BESIDE, ...paint } }) as LayerSpecification;
  return [
    { id: "ground", type: "background", paint: { "background-color": palette.ground } },
    // Pale, so that what Lotse knows stands out.
    ...(hasTiles() ? [{ id: GROUND, type: "raster" as const, source: GROUND, paint: { "raster-opacity": 0.45, "raster-saturation": -0.7 } }] : []),
    // Near by only: from afar it is hardly seen, and would cost more than all else together.
    { ...line("street-casing", STREETS, { "line-color": palette.casing, "line-width": byZoom(["get", "weight"]) }), minzoom: CASED_FROM } as LayerSpecification,
    line(TOUCH, STREETS, {
      "line-color": levels.unknown,
      "line-width": byZoom(WIDTHS.unknown),
      "line-dasharray": [2.4, 1.6],
    }),
    line("street-level", LEVELS, {
      "line-color": byLevel(levels, levels.unknown),
      "line-width": byZoom(byLevel(WIDTHS, 1)),
      "line-opacity": IS_MEASURED,
    }, ROUND),
    line("street-jam", LEVELS, {
      "line-color": palette.jamMark,
      "line-width": byZoom(0.6),
      "line-dasharray": [1.2, 2.2],
      "line-opacity": ["case", ["==", LEVEL, "jam"], 1, 0],
    }),
    { ...line("route-shown", ROUTES, { "line-color": palette.shown, "line-width": byZoom(1.6), "line-opacity": 0.8 }, ROUND), filter: ["==", ["get", "kind"], "shown"] } as LayerSpecification,
    { ...line("route-usual", ROUTES, { "line-color": palette.usual, "line-width": byZoom(0.6), "line-dasharray": [0.2, 1.8] }, ROUND), filter: ["==", ["get", "kind"], "usual"] } as LayerSpecification,
    line("closure-ground", CLOSURES, { "line-color": palette.closedGround, "line-width": byZoom(1.5) }),
    line("closure", CLOSURES, {
      "line-color": ["case", ["get", "closed"], palette.closed, levels.slow],
      "line-width": byZoom(1.5),
      "line-dasharray": [1, 1],
    }),
    line("picked", PICKED, { "line-color": palette.picked, "line-width": byZoom(2.1), "line-opacity": 0.8 }, ROUND),
    {
      id: "street-name",
      source: STREETS,
      type: "symbol",
      minzoom: 12.4,
      filter: ["!=", ["get", "name"], ""],
      layout: {
        visibility: "none",
        "symbol-placement": "line",
        "text-field": ["get", "name"],
        "text-font": ["sans-serif"],
        "text-size": ["interpolate", ["linear"], ["zoom"], 12.4, 10, 14, 12, 17, 15],
        "text-padding": 12,
        "symbol-spacing": 320,
      },
      paint: { "text-color": palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
    },
    {
      id: "detector",
      source: DETECTORS,
      type: "circle",
      minzoom: 11.5,
      layout: { visibility: "none" },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, ["case", ["get", "ok"], 2.2, 4.5], 16, ["case", ["get", "ok"], 5, 8]],
        "circle-color": ["case", ["get", "ok"], palette.label, palette.ground],
        "circle-stroke-color": ["case", ["get", "ok"], palette.ground, palette.closed],
        "circle-stroke-width": ["case", ["get", "ok"], 1, 2.5],
      },
    },
  ];
}
