// What somebody is at: the links picked for a closure, and the routes that are drawn.
import { computed, signal } from "@preact/signals";

import { links } from "./store";
import { NEW, view } from "./view";

export const picked = signal<ReadonlySet<string>>(new Set());
export const pickBoth = signal(true);
/** The two ways that are drawn: of the sign and destination that is looked at. */
export const routes = signal<{ usual: string[]; shown: string[] } | null>(null);
/** A click on the map means a link of the closure: from the moment that the page is at it, not only once it is drawn. */
export const isPicking = computed(() => view.value.tab === "roadworks" && view.value.id === NEW);
/** Links that the next closure begins with. */
export const toClose = signal<readonly string[]>([]);
/** Links that somebody wants to see: the map goes there. */
export const lookedFor = signal<readonly string[]>([]);

export function showOnMap(ids: Iterable<string>): void {
  lookedFor.value = [...ids];
}

/** Pick a link, and if wanted its other direction; or put them back. */
export function togglePicked(id: string, opposite: string | undefined): void {
  const now = new Set(picked.value);
  const both = pickBoth.value && opposite !== undefined ? [id, opposite] : [id];
  const isOut = now.has(id);
  for (const each of both) {
    if (isOut) now.delete(each);
    else now.add(each);
  }
  picked.value = now;
}

export function pickAll(ids: Iterable<string>): void {
  picked.value = new Set([...picked.value, ...[...ids].filter((id) => links.has(id))]);
}
