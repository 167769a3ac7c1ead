// What Lotse proposes, for people to say yes or no.
import type { JSX } from "preact";

import type { Proposal } from "../api/types";
import * as store from "../state/store";
import { open } from "../state/view";
import { moment, t } from "../words/words";
import { answer } from "./act";
import { Act, Empty, Panel } from "./parts";
import { SignFace } from "./SignFace";

export function Proposals(): JSX.Element {
  const waiting = store.waitingProposals.value;
  return (
    <Panel title={t("proposals")}>
      {waiting.length === 0 && <Empty>{t("no_proposals")}</Empty>}
      {waiting.map((proposal) => <ProposalCard key={proposal.proposal_id} proposal={proposal} isLinked />)}
    </Panel>
  );
}

export function ProposalCard({ proposal, isLinked = false }: { proposal: Proposal; isLinked?: boolean }): JSX.Element {
  const { proposal_id: id, sign } = proposal;
  const name = store.signs.value.get(sign)?.name ?? "";
  return (
    <article class="card proposal" aria-label={`${sign} ${t("would_show")}`}>
      <p>
        {isLinked ? <button type="button" class="link" onClick={() => open("signs", sign)}>{sign} {name}</button> : <strong>{sign}</strong>} {t("would_show")}
      </p>
      <p role="img" aria-label={proposal.lines.join(" / ")}><SignFace id={sign} lines={proposal.lines} isLarge /></p>
      <p class="words">{proposal.explanation}</p>
      <p class="note">{t("lapses", { time: moment(proposal.expires_at) })}</p>
      <p class="buttons">
        <Act label={t("accept")} kind="primary" name={`${t("accept")}: ${sign}`} does={() => answer(id, "accept")} />
        <Act label={t("refuse")} name={`${t("refuse")}: ${sign}`} does={() => answer(id, "refuse")} />
      </p>
    </article>
  );
}
