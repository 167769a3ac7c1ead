import type { JSX } from "preact";

import { opposite } from "../map/geometry";
import * as store from "../state/store";
import { NEW, open } from "../state/view";
import { showOnMap, toClose } from "../state/work";
import { metres, number, t } from "../words/words";
import { useMarked } from "./marked";
import { Empty, Level, Panel, Rows } from "./parts";

export function LinkPanel({ id }: { id: string }): JSX.Element {
  void store.statesVersion.value;
  void store.linksVersion.value;
  const link = store.links.get(id);
  const state = store.linkStates.get(id);
  useMarked([id]);
  if (link === undefined) return <Panel title={id} back="overview"><Empty>{t("nothing_found")}</Empty></Panel>;
  const close = (): void => {
    toClose.value = [id, opposite(link)?.id ?? id];
    open("roadworks", NEW);
  };
  const source = (state?.source ?? null) as "measured" | "held" | "decayed" | "neighbourhood" | "profile" | null;
  return (
    <Panel title={link.name || link.ref || t("nameless")} back="overview">
      <p><Level level={state?.level_of_service ?? "unknown"} /></p>
      <Rows
        rows={[
          [t("link"), <span class="mono">{id}</span>],
          [t("speed"), t("of_free_flow", { speed: number(state?.speed_kmh), free: number(link.free_flow_kmh) })],
          [t("source"), source === null ? t("unknown") : t(`source_${source}`)],
          [t("confidence"), number(state?.confidence, 2)],
          [t("length"), metres(link.length_m)],
          [t("lanes"), number(link.lanes)],
        ]}
      />
      {[...store.detectors.value.values()].filter((detector) => detector.link_id === id).map(({ detector_id: detector }) => <p key={detector}><button type="button" class="link" onClick={() => open("detectors", detector)}>{detector}</button></p>)}
      <p class="buttons">
        <button type="button" onClick={() => showOnMap([id])}>{t("show_on_map")}</button>
        <button type="button" onClick={close}>{t("close_this")}</button>
      </p>
    </Panel>
  );
}
