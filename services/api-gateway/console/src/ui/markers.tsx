// What a marker on the map looks like, and is called.
import type { JSX } from "preact";

import * as store from "../state/store";
import { t } from "../words/words";
import { SignFace, seen, signWords } from "./SignFace";

export function signMarker(id: string, onClick: () => void): JSX.Element {
  return <SignMarker id={id} onClick={onClick} />;
}

function SignMarker({ id, onClick }: { id: string; onClick: () => void }): JSX.Element {
  const sign = store.signs.value.get(id);
  const state = store.shown.value.get(id)?.confirmation?.state;
  return (
    <button type="button" class="sign-marker" data-sign={id} data-state={seen(id).kind} onClick={onClick} aria-label={`${id}${sign?.name ? `, ${sign.name}` : ""}: ${signWords(id)}`}>
      <SignFace id={id} />
      {(state === "unconfirmed" || state === "faulty") && <span class={`badge ${state}`} aria-hidden="true">{state === "faulty" ? "✕" : "!"}</span>}
      <span class="stem" aria-hidden="true" />
    </button>
  );
}

export function roadworkMarker(id: string, onClick: () => void): JSX.Element {
  return <RoadworkMarker id={id} onClick={onClick} />;
}

function RoadworkMarker({ id, onClick }: { id: string; onClick: () => void }): JSX.Element | null {
  const roadwork = store.roadworks.value.get(id);
  if (roadwork === undefined) return null;
  return (
    <button type="button" class="roadwork-marker" data-status={roadwork.status} onClick={onClick} aria-label={`${roadwork.name}: ${t(roadwork.status)}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 2 23 21H1z" />
        <path class="mark" d="M8 18h8M12 9v5" />
      </svg>
    </button>
  );
}
