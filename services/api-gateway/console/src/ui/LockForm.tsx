// Locking a sign: to a message or to nothing, with a reason and an end.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

import type { Sign } from "../api/types";
import { t } from "../words/words";
import { lock } from "./act";
import { Act } from "./parts";

export function LockForm({ sign, onDone, onCancel }: { sign: Sign; onDone: () => void; onCancel: () => void }): JSX.Element {
  const isMessage = useSignal(true);
  const lines = useSignal<string[]>(Array.from({ length: sign.line_count }, () => ""));
  const reason = useSignal("");
  const minutes = useSignal(60);
  const given = lines.value.map((line) => line.trim());
  const last = given.findLastIndex((line) => line !== "");
  const isReady = reason.value.trim() !== "" && minutes.value > 0 && (!isMessage.value || last >= 0);
  const send = (): Promise<void> =>
    lock(sign.sign_id, {
      state: isMessage.value ? "message" : "blank",
      lines: isMessage.value ? given.slice(0, last + 1) : [],
      reason: reason.value.trim(),
      for_min: minutes.value,
    }).then(onDone);
  return (
    <form class="form" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="choice">
        <legend>{t("lock_sign")}</legend>
        <label><input type="radio" name="what" checked={isMessage.value} onChange={() => (isMessage.value = true)} /> {t("lock_message")}</label>
        <label><input type="radio" name="what" checked={!isMessage.value} onChange={() => (isMessage.value = false)} /> {t("lock_blank")}</label>
      </fieldset>
      {isMessage.value &&
        lines.value.map((line, place) => (
          <label key={place}>
            {t("line", { n: place + 1 })}
            <input class="mono" maxLength={sign.line_chars} value={line} onInput={(event) => (lines.value = lines.value.with(place, event.currentTarget.value))} />
          </label>
        ))}
      <label>
        {t("reason")}
        <input required value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
      </label>
      <label>
        {t("minutes")}
        <input type="number" min={1} required value={minutes.value} onInput={(event) => (minutes.value = Number(event.currentTarget.value))} />
      </label>
      <p class="buttons">
        <Act label={t("lock_do")} kind="primary" disabled={!isReady} does={send} />
        <button type="button" onClick={onCancel}>{t("cancel")}</button>
      </p>
    </form>
  );
}
