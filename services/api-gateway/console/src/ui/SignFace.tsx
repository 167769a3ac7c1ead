// A sign as on the road: amber on black, as many lines as it has.
import type { JSX } from "preact";

import * as store from "../state/store";
import { moment, t } from "../words/words";

export interface Seen {
  kind: "blank" | "text" | "expired" | "untold";
  lines: readonly string[];
}

/** What a driver sees: nothing, too, where nothing fresh has come for so long that the sign blanked by itself. */
export function seen(id: string): Seen {
  const told = store.shown.value.get(id);
  if (told === undefined || told.display === null) return { kind: "untold", lines: [] };
  if (told.fresh_until !== null && store.system.value?.clock !== "data" && Date.parse(told.fresh_until) < store.lotseNow.value - 20_000) {
    if (store.connection.value === "live" && store.isStale.value) return { kind: "expired", lines: [] };
  }
  const { lines } = told.display;
  return lines.length === 0 ? { kind: "blank", lines } : { kind: "text", lines };
}

export function signWords(id: string): string {
  const { kind, lines } = seen(id);
  if (kind === "untold") return t("not_told");
  if (kind === "expired") return t("expired", { time: moment(store.shown.value.get(id)?.fresh_until, true) });
  return kind === "blank" ? t("shows_nothing") : t("shows", { text: lines.join(" / ") });
}

export function SignFace({ id, lines, isLarge = false }: { id: string; lines?: readonly string[]; isLarge?: boolean }): JSX.Element {
  const count = store.signs.value.get(id)?.line_count ?? 3;
  const { kind, lines: now } = lines === undefined ? seen(id) : { kind: "text" as const, lines };
  return (
    <span class={`face ${kind}${isLarge ? " large" : ""}`} aria-hidden="true">
      {Array.from({ length: Math.max(count, now.length) }, (_, place) => (
        <span class="row" key={place}>{now[place] ?? "\u00a0"}</span>
      ))}
    </span>
  );
}
