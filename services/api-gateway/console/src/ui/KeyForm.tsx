import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

import { language, setLanguage } from "../state/preferences";
import * as store from "../state/store";
import { t } from "../words/words";

export function KeyForm({ onKey }: { onKey: (key: string, forGood: boolean) => void }): JSX.Element {
  const key = useSignal("");
  const forGood = useSignal(false);
  const state = store.keyState.value;
  return (
    <main class="key-page" id="main">
      <form class="key-form" onSubmit={(event) => (event.preventDefault(), onKey(key.value.trim(), forGood.value))}>
        <h1><span aria-hidden="true" class="logo">↱</span> Lotse</h1>
        <h2>{t("key_title")}</h2>
        <p>{t("key_why")}</p>
        {state === "refused" && <p class="problem" role="alert">{t("key_refused")}</p>}
        {state === "checking" && store.connection.value === "lost" && <p class="problem" role="alert">{t("lost_never")}</p>}
        <label>
          {t("key_field")}
          <input type="password" autocomplete="off" spellcheck={false} required value={key.value} onInput={(event) => (key.value = event.currentTarget.value)} />
        </label>
        <label class="inline"><input type="checkbox" checked={forGood.value} onChange={(event) => (forGood.value = event.currentTarget.checked)} /> {t("key_keep")}</label>
        <p class="hint">{t("key_keep_not")}</p>
        <button type="submit" class="primary">{state === "checking" && store.connection.value !== "lost" ? t("key_checking") : t("key_go")}</button>
        <p class="hint">{t("key_make")}</p>
        <p class="languages" role="group" aria-label={t("language")}>
          {(["de", "en"] as const).map((each) => <button key={each} type="button" class="quiet" lang={each} aria-pressed={language.value === each} onClick={() => setLanguage(each)}>{each === "de" ? "Deutsch" : "English"}</button>)}
          <a href="/docs">API</a>
        </p>
      </form>
    </main>
  );
}
