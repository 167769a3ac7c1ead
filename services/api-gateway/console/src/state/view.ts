// What the panel shows. It stands in the fragment of the address, so that the browser's own keys go back and forth.
import { signal } from "@preact/signals";

export const TABS = ["overview", "signs", "roadworks", "detectors", "proposals", "alarms", "letters"] as const;
export type Tab = (typeof TABS)[number];
export type View =
  | { tab: Tab; id: null }
  | { tab: "signs" | "roadworks" | "detectors" | "overview"; id: string }; // of overview: a link

export const view = signal<View>(read());
/** On a phone the panel covers the map: then it can be put away. */
export const isPanelOpen = signal(true);

function read(): View {
  const [tab, id] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const known = TABS.find((name) => name === tab) ?? "overview";
  return (id === undefined || id === "" ? { tab: known, id: null } : { tab: known, id }) as View;
}

export function open(tab: Tab, id: string | null = null): void {
  const hash = id === null ? `#/${tab}` : `#/${tab}/${encodeURIComponent(id)}`;
  isPanelOpen.value = true;
  if (location.hash !== hash) location.hash = hash;
}

addEventListener("hashchange", () => {
  view.value = read();
});

/** The id of the roadwork that is being drawn. */
export const NEW = "new";
