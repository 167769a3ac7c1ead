// Where everything is put together: key, feed, page.
import "./style.css";

import { effect } from "@preact/signals";
import { render } from "preact";

import { Client } from "./api/client";
import { Feed } from "./live/feed";
import { applyTheme, findKey, forgetKey, keepKey, language } from "./state/preferences";
import * as store from "./state/store";
import { App } from "./ui/App";
import { t } from "./words/words";

let feed: Feed | null = null;

function begin(key: string, state: "opening" | "checking"): void {
  feed?.end();
  store.keyState.value = state;
  store.connection.value = "connecting";
  store.client.value = new Client(key);
  feed = new Feed(store.client.value);
  void feed.run();
}

function onKey(key: string, forGood: boolean): void {
  keepKey(key, forGood);
  begin(key, "checking");
}

/** With the key goes everything that it opened: a fresh page is the surest way. */
function onForget(): void {
  forgetKey();
  location.replace(location.pathname);
}

applyTheme();
document.documentElement.lang = language.value;
effect(() => {
  document.title = t("title");
});
setInterval(() => (store.tick.value = Date.now()), 1_000);
const key = findKey();
if (key !== null) begin(key, "opening");
render(<App onKey={onKey} onForget={onForget} />, document.getElementById("app") as HTMLElement);
