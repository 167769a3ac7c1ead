// Lines and points of links, as GeoJSON.
import type { Feature, FeatureCollection } from "geojson";

import type { Position } from "../api/types";
import { links, type Link } from "../state/store";

const MAIN = new Set(["motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link"]);

export function opposite(link: Link): Link | undefined {
  const prefix = `${link.to_node}-${link.from_node}-`;
  return links.get(`${prefix}${link.id.slice(link.id.lastIndexOf("-") + 1)}`) ?? links.get(`${prefix}0`);
}

export function lineOf(link: Link, properties: Record<string, unknown> = {}): Feature {
  const beside = opposite(link) === undefined ? 0 : 1;
  return { type: "Feature", geometry: { type: "LineString", coordinates: link.coordinates }, properties: { id: link.id, beside, ...properties } };
}

export function collect(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

/** The city's streets; a street of two directions carries its name once. */
export function streets(): FeatureCollection {
  return collect(
    [...links.values()].map((link) => {
      const isSecond = link.from_node > link.to_node && opposite(link) !== undefined;
      return lineOf(link, { name: isSecond ? "" : link.name, weight: MAIN.has(link.road_class) ? 1.9 : 1.4 });
    }),
  );
}

export function linesOf(ids: Iterable<string>, properties: Record<string, unknown> = {}): Feature[] {
  return [...ids].flatMap((id) => {
    const link = links.get(id);
    return link === undefined ? [] : [lineOf(link, properties)];
  });
}

export function middle(link: Link): Position {
  return link.coordinates[Math.floor(link.coordinates.length / 2)] as Position;
}

export type Bounds = [west: number, south: number, east: number, north: number];

export function boundsOf(ids: Iterable<string>): Bounds | null {
  const bounds: Bounds = [180, 90, -180, -90];
  for (const id of ids) {
    for (const [lon, lat] of links.get(id)?.coordinates ?? []) {
      bounds[0] = Math.min(bounds[0], lon);
      bounds[1] = Math.min(bounds[1], lat);
      bounds[2] = Math.max(bounds[2], lon);
      bounds[3] = Math.max(bounds[3], lat);
    }
  }
  return bounds[0] > bounds[2] ? null : bounds;
}
