// The thin bar: what one wants to know at any moment.
import type { JSX } from "preact";

import { language, setLanguage, setTheme, theme, type Theme } from "../state/preferences";
import * as store from "../state/store";
import { open } from "../state/view";
import { duration, moment, t } from "../words/words";

export function TopBar({ onForget }: { onForget: () => void }): JSX.Element {
  const alarms = store.openAlarms.value;
  const fresh = alarms.filter((alarm) => alarm.acknowledged_at === null).length;
  const waiting = store.waitingProposals.value.length;
  return (
    <header class="top">
      <h1><span aria-hidden="true" class="logo">↱</span> Lotse <span class="city">{store.system.value?.network?.name ?? ""}</span></h1>
      <Age />
      <span class="spring" />
      {waiting > 0 && <button type="button" class="count proposals" onClick={() => open("proposals")}>{t("proposals")} <strong>{waiting}</strong></button>}
      <button type="button" class={`count alarms ${fresh > 0 ? "new" : ""}`} onClick={() => open("alarms")}>{t("alarms")} <strong>{alarms.length}</strong></button>
      <span class="languages" role="group" aria-label={t("language")}>
        {(["de", "en"] as const).map((each) => (
          <button key={each} type="button" class="quiet" lang={each} aria-pressed={language.value === each} aria-label={each === "de" ? "DE Deutsch" : "EN English"} onClick={() => setLanguage(each)}>{each.toUpperCase()}</button>
        ))}
      </span>
      <label class="theme">
        <span class="visually-hidden">{t("theme")}</span>
        <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
          {(["system", "light", "dark"] as const).map((each) => <option key={each} value={each}>{t(`theme_${each}`)}</option>)}
        </select>
      </label>
      <button type="button" class="quiet" onClick={onForget}>{t("forget_key")}</button>
    </header>
  );
}

function Age(): JSX.Element {
  const state = store.isTrustworthy.value ? "good" : "bad";
  return (
    <span class={`age ${state}`} data-connection={store.connection.value}>
      <span class="dot" aria-hidden="true" />
      {ageWords()} <span class="how">{store.connection.value === "lost" ? t("lost") : store.connection.value === "live" ? t("live") : ""}</span>
    </span>
  );
}

function ageWords(): string {
  if (store.coversUntil.value === null) return t("data_none");
  if (store.ageS.value === null) return t("data_at", { time: moment(store.coversUntil.value, true) });
  return t("data_age", { age: duration(store.ageS.value) });
}

/** What makes the picture untrue, said in a sentence over it. */
export function Trouble(): JSX.Element {
  const words = troubleWords();
  return <div class="trouble" role="alert" hidden={words === null}>{words}</div>;
}

function troubleWords(): string | null {
  if (store.keyState.value !== "good" && store.keyState.value !== "opening") return null;
  const at = store.coversUntil.value;
  if (store.connection.value === "lost") {
    if (!store.isLoaded.value) return t("lost_never");
    const since = store.heardAt.value === null ? 0 : (performance.now() - store.heardAt.value) / 1000 + 0 * store.tick.value;
    return t("lost_long", { age: duration(since), time: moment(at, true) });
  }
  const planner = store.system.value?.planner;
  if (planner != null && !planner.fresh) return t("planner_long", { time: moment(planner.heartbeat_at, true) });
  if (store.isStale.value) return t("stale_long", { age: duration(store.ageS.value) });
  const ingest = store.system.value?.ingest ?? [];
  if (ingest.length > 0 && ingest.every((slot) => !slot.is_listening)) return t("ingest_long");
  return null;
}
