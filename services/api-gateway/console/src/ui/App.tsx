// The page: key first; then bar, map, panel.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import * as store from "../state/store";
import { isPanelOpen, NEW, open, TABS, view } from "../state/view";
import { t } from "../words/words";
import { Alarms } from "./Alarms";
import { DetectorPanel } from "./DetectorPanel";
import { Drawing } from "./Drawing";
import { KeyForm } from "./KeyForm";
import { Letters } from "./Letters";
import { LinkPanel } from "./LinkPanel";
import { Detectors, Overview, Roadworks, Signs } from "./Lists";
import { Level } from "./parts";
import { Proposals } from "./Proposals";
import { RoadworkPanel } from "./RoadworkPanel";
import { SignPanel } from "./SignPanel";
import { TopBar, Trouble } from "./TopBar";

export function App({ onKey, onForget }: { onKey: (key: string, forGood: boolean) => void; onForget: () => void }): JSX.Element {
  if (store.keyState.value !== "good" && store.keyState.value !== "opening") return <KeyForm onKey={onKey} />;
  return (
    <div class={`app ${store.isTrustworthy.value ? "" : "untrue"} ${isPanelOpen.value ? "" : "no-panel"}`}>
      <a class="skip" href="#panel" onClick={(event) => (event.preventDefault(), document.getElementById("panel")?.focus())}>{t("skip")}</a>
      <TopBar onForget={onForget} />
      <main class="map-area" id="main" aria-label={t("map")}>
        <MapView />
        <Trouble />
        {!store.isLoaded.value && <p class="loading" role="status">{t("loading")}</p>}
        <Legend />
        <Origin />
        <button type="button" class="panel-toggle" aria-expanded={isPanelOpen.value} aria-controls="panel" onClick={() => (isPanelOpen.value = !isPanelOpen.value)}>
          {t(isPanelOpen.value ? "panel_hide" : "panel_show")}
        </button>
      </main>
      <aside class="panel" id="panel" tabIndex={-1} hidden={!isPanelOpen.value} aria-label={t("sections")}>
        <nav aria-label={t("sections")}>
          {TABS.map((tab) => (
            <button key={tab} type="button" aria-current={view.value.tab === tab ? "page" : undefined} onClick={() => open(tab)}>{t(tab)}</button>
          ))}
        </nav>
        <Current />
      </aside>
    </div>
  );
}

function MapView(): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end: (() => void) | null = null;
    let isGone = false;
    // By far the largest part of the page, so it comes beside the rest.
    void import("../map/view").then(({ makeMap }) => {
      if (!isGone) end = makeMap(place.current as HTMLDivElement);
    });
    return () => {
      isGone = true;
      end?.();
    };
  }, []);
  return <div class="map" ref={place} data-drawn={store.isDrawn.value} />;
}

/** Whose streets and pictures these are, as their licences want it. */
function Origin(): JSX.Element | null {
  const tiles = document.querySelector<HTMLMetaElement>('meta[name="lotse-tiles"]')?.dataset["attribution"] ?? "";
  const streets = store.attribution.value;
  if (streets === null && tiles === "") return null;
  return (
    <p class="origin">
      {streets !== null && <a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noreferrer">{streets}</a>} {tiles}
    </p>
  );
}

function Legend(): JSX.Element {
  return (
    <details class="legend">
      <summary>{t("legend")}</summary>
      {(["free", "dense", "slow", "jam", "unknown", "closed"] as const).map((level) => <div key={level}><Level level={level} /></div>)}
    </details>
  );
}

function Current(): JSX.Element {
  const { tab, id } = view.value;
  switch (tab) {
    case "signs":
      return id === null ? <Signs /> : <SignPanel key={id} id={id} />;
    case "roadworks":
      if (id === NEW) return <Drawing key="new" />;
      return id === null ? <Roadworks /> : <RoadworkPanel key={id} id={id} />;
    case "detectors":
      return id === null ? <Detectors /> : <DetectorPanel key={id} id={id} />;
    case "proposals":
      return <Proposals />;
    case "alarms":
      return <Alarms />;
    case "letters":
      return <Letters />;
    default:
      return id === null ? <Overview /> : <LinkPanel key={id} id={id} />;
  }
}
