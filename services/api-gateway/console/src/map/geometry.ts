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

/**
 * The city's streets. Where neither direction is measured they are one line: calmer to look at, and half the work to draw.
 * A street of two directions carries its name once.
 */
export function streets(isMeasured: (id: string) => boolean): FeatureCollection {
  const features: Feature[] = [];
  for (const link of links.values()) {
    const other = opposite(link);
    const isSecond = other !== undefined && link.from_node > link.to_node;
    const weight = MAIN.has(link.road_class) ? 1.9 : 1.4;
    if (other !== undefined && isSameLine(link, other) && !isMeasured(link.id) && !isMeasured(other.id)) {
      if (!isSecond) features.push(lineOf(link, { beside: 0, name: link.name, weight: weight * 1.75, is_both: true }));
    } else {
      features.push(lineOf(link, { name: isSecond ? "" : link.name, weight }));
    }
  }
  return collect(features);
}

function isSameLine(link: Link, other: Link): boolean {
  const [there, back] = [link.coordinates, other.coordinates];
  return opposite(other) === link && there.length === back.length && there.every((place, at) => isSamePlace(place, back[back.length - 1 - at]));
}

function isSamePlace(one: Position, other: Position | undefined): boolean {
  return one[0] === other?.[0] && one[1] === other[1];
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

interface Point {
  x: number;
  y: number;
}

/** Whether a point lies to the right of a line, as one sees it who drives along; all on the screen, where y points down. */
export function isToTheRight(line: readonly Point[], { x, y }: Point): boolean {
  let nearest = Infinity;
  let isRight = true;
  line.slice(1).forEach((b, place) => {
    const a = line[place] as Point;
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const along = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
    const distance = Math.hypot(x - a.x - along * dx, y - a.y - along * dy);
    if (distance >= nearest) return;
    nearest = distance;
    isRight = dx * (y - a.y) - dy * (x - a.x) >= 0;
  });
  return isRight;
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
