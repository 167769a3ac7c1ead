// A sign: what it shows and why, both ways on the map, its lock, what it showed before.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

import { Problem } from "../api/client";
import type { Decision, Detour, Lock, Page, Proposal, Sign } from "../api/types";
import { language } from "../state/preferences";
import * as store from "../state/store";
import { routes } from "../state/work";
import { moment, t } from "../words/words";
import { release } from "./act";
import { useAsked } from "./asked";
import { LockForm } from "./LockForm";
import { Act, Empty, Panel, Rows } from "./parts";
import { ProposalCard } from "./Proposals";
import { SignFace, signWords } from "./SignFace";

export function SignPanel({ id }: { id: string }): JSX.Element {
  const sign = store.signs.value.get(id);
  const told = store.shown.value.get(id);
  const path = `/v1/signs/${encodeURIComponent(id)}`;
  const version = useSignal(0);
  const told_at = told?.decided_at;
  const detours = useAsked((client) => client.get<Page<Detour>>(`/v1/detours?sign=${encodeURIComponent(id)}`, language.value), id, told_at, language.value);
  const decisions = useAsked((client) => client.get<Page<Decision>>(`${path}/decisions?limit=12`, language.value), id, told_at, language.value);
  const lock = useAsked((client) => client.get<Lock>(`${path}/lock`, language.value).catch(noneIfNever), id, told_at, version.value, language.value);
  if (sign === undefined) return <Panel title={id} back="signs"><Empty>{t("nothing_found")}</Empty></Panel>;
  const proposals = store.waitingProposals.value.filter((proposal: Proposal) => proposal.sign === id);
  return (
    <Panel title={`${id} ${sign.name}`} back="signs">
      <p class="sign-large" role="img" aria-label={signWords(id)}>
        <SignFace id={id} isLarge />
      </p>
      <p class="sign-words" aria-live="polite">{signWords(id)}</p>
      <Facts sign={sign} />
      {proposals.map((proposal) => <ProposalCard key={proposal.proposal_id} proposal={proposal} />)}
      <Ways detours={detours.value.answer?.items ?? []} />
      <LockPart id={id} sign={sign} lock={lock.value.answer} onDone={() => (version.value += 1)} />
      <History decisions={decisions.value.answer?.items ?? []} />
      {detours.value.problem !== null && <p class="problem" role="alert">{detours.value.problem}</p>}
    </Panel>
  );
}

function noneIfNever(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}

function Facts({ sign }: { sign: Sign }): JSX.Element {
  const told = store.shown.value.get(sign.sign_id);
  const state = told?.confirmation?.state ?? "unknown";
  return (
    <Rows
      rows={[
        [t("told_at", { time: "" }).trim(), `${moment(told?.decided_at, true)}, ${t("by", { who: who(told?.display?.source) })}`],
        [t("confirmation"), <span class={`confirmation ${state}`}>{t(state === "unknown" ? "unknown_confirmation" : state)}</span>],
        [t("mode"), t(sign.mode === "approval" ? "mode_approval" : "mode_automatic")],
      ]}
    />
  );
}

function who(source: string | undefined): string {
  if (source === "approval" || source === "strategy" || source === "manual") return t(`by_${source}`);
  return t("by_automatic");
}

/** What Lotse found for each destination, and both ways of one of them on the map. */
function Ways({ detours }: { detours: Detour[] }): JSX.Element {
  const chosen = useSignal<string | null>(null);
  const name = (detour: Detour): string => `${detour.destination}|${detour.relation?.street ?? ""}`;
  const detour = detours.find((each) => name(each) === chosen.value) ?? detours.find((each) => each.state !== "blank") ?? detours[0];
  const [usual, shown] = [detour?.normal?.links ?? [], detour?.shown?.links ?? []];
  useEffect(() => {
    routes.value = { usual, shown };
    return () => {
      routes.value = null;
    };
  }, [usual.join(), shown.join()]);
  return (
    <section class="ways">
      <h3>{t("why")}</h3>
      {detours.some((each) => !each.shows_detours) && <p class="note">{t("not_what_it_shows")}</p>}
      {detours.map((each) => (
        <label class="way" key={name(each)}>
          <input type="radio" name="way" checked={each === detour} onChange={() => (chosen.value = name(each))} />
          <span>
            <strong>{t("to_destination", { name: each.why?.name ?? each.destination })}</strong>
            <span class={`tag ${each.state}`}>{each.why?.via ?? t(each.state === "detour" ? "detour" : each.state === "fallback" ? "fallback" : "blank")}</span>
            <span class="words">{each.why?.words ?? each.explanation}</span>
          </span>
        </label>
      ))}
      {detour !== undefined && (
        <p class="ways-legend">
          <span class="swatch usual" aria-hidden="true" /> {t("usual_way")} <span class="swatch shown" aria-hidden="true" /> {t("shown_way")}
        </p>
      )}
    </section>
  );
}

function LockPart({ id, sign, lock, onDone }: { id: string; sign: Sign; lock: Lock | null; onDone: () => void }): JSX.Element {
  const isOpen = useSignal(false);
  const holds = lock?.status === "in_force" ? lock : null;
  const done = (): void => {
    isOpen.value = false;
    onDone();
  };
  return (
    <section class="lock">
      <h3>{t("lock")}</h3>
      {holds !== null && (
        <div class="card manual">
          <p>
            <strong>{t("locked")}</strong> {t("locked_until", { time: moment(holds.expires_at), reason: holds.reason })}
          </p>
          <p class="mono">{holds.lines.join(" / ") || t("blank")}</p>
          {holds.suspended !== null && <p class="problem">{t("lock_suspended", { reason: holds.suspended })}</p>}
          <Act label={t("release")} does={() => release(id).then(done)} />
        </div>
      )}
      {isOpen.value ? (
        <LockForm sign={sign} onDone={done} onCancel={() => (isOpen.value = false)} />
      ) : (
        <button type="button" onClick={() => (isOpen.value = true)}>
          {t("lock_sign")}
        </button>
      )}
    </section>
  );
}

/** Each destination of what Lotse found; where people had a word in it, the explanation that begins with theirs. */
function explained(decision: Decision): string {
  if (decision.source !== "automatic" || decision.suspended !== null) return decision.explanation;
  return decision.detours.map((each) => each.why?.words).filter(Boolean).join(" ") || decision.explanation;
}

function History({ decisions }: { decisions: Decision[] }): JSX.Element {
  return (
    <section>
      <h3>{t("history")}</h3>
      <ul class="list">
        {decisions.map((decision) => (
          <li key={decision.decision_id}>
            <details>
              <summary>
                <time dateTime={decision.decided_at}>{moment(decision.decided_at, true)}</time>
                <span class="mono">{decision.lines.join(" / ") || t("blank")}</span>
              </summary>
              <p class="words">{explained(decision)}</p>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
