// Dead letters: what came in and could not be used, why, and one more try.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

import type { DeadLetter, DeadLetterSummary, Page, ReplayAnswer } from "../api/types";
import * as store from "../state/store";
import { moment, number, t } from "../words/words";
import { useAsked } from "./asked";
import { Act, Empty, Panel } from "./parts";

export function Letters(): JSX.Element {
  const version = useSignal(0);
  const reason = useSignal<string | null>(null);
  const said = useSignal("");
  const summary = useAsked((client) => client.get<DeadLetterSummary>("/v1/dead-letters/summary"), version.value);
  const filter = reason.value === null ? "" : `&reason_code=${encodeURIComponent(reason.value)}`;
  const letters = useAsked((client) => client.get<Page<DeadLetter>>(`/v1/dead-letters?limit=50${filter}`), version.value, reason.value);
  const again = async (code: string): Promise<void> => {
    const found = await store.client.value?.post<ReplayAnswer>("/v1/dead-letters/replay", { reason_code: code });
    if (found !== undefined) said.value = t("again_done", { examined: found.examined, settled: found.settled, refused: found.refused_again });
    version.value += 1;
  };
  const counts = summary.value.answer?.items ?? [];
  return (
    <Panel title={t("letters")}>
      {summary.value.answer !== null && counts.length === 0 && <Empty>{t("no_letters")}</Empty>}
      {summary.value.problem !== null && <p class="problem" role="alert">{summary.value.problem}</p>}
      <ul class="list">
        {counts.map((count) => (
          <li key={`${count.kind}${count.reason_code}`} class="card">
            <p><strong class="mono">{count.reason_code}</strong> {t(count.kind)}</p>
            <p class="note">{t("letters_count", { count: number(count.letters), times: number(count.times_received) })}</p>
            <p class="buttons">
              <button type="button" aria-pressed={reason.value === count.reason_code} onClick={() => (reason.value = reason.value === count.reason_code ? null : count.reason_code)}>
                {t("only_these")}
              </button>
              <Act label={t("again")} name={`${t("again")}: ${count.reason_code}`} does={() => again(count.reason_code)} />
            </p>
          </li>
        ))}
      </ul>
      <p class="note" role="status">{said.value}</p>
      <ul class="list">
        {(letters.value.answer?.items ?? []).map((letter) => (
          <li key={letter.id}>
            <details>
              <summary>
                <time dateTime={letter.received_at}>{moment(letter.received_at, true)}</time> <span class="mono">{letter.topic}</span>
              </summary>
              <p class="words">{letter.reason}</p>
              <pre class="payload" tabIndex={0} aria-label={t("preview")}>{letter.preview}</pre>
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
