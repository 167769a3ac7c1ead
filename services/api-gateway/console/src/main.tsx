// Where everything is put together: key, feed, page.
import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";

import { effect } from "@preact/signals";
import { render } from "preact";

import { Client } from "./api/client";
import { Feed } from "./live/feed";
import { drawnLevel, placeOnScreen } from "./map/view";
import { applyTheme, findKey, forgetKey, keepKey, language } from "./state/preferences";
import * as store from "./state/store";
import { App } from "./ui/App";
import { t } from "./words/words";

let feed: Feed | null = null;

function begin(key: string): void {
  feed?.end();
  store.keyState.value = "checking";
  store.connection.value = "connecting";
  store.client.value = new Client(key);
  feed = new Feed(store.client.value);
  void feed.run();
}

function onKey(key: string, forGood: boolean): void {
  keepKey(key, forGood);
  begin(key);
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
if (key !== null) begin(key);
render(<App onKey={onKey} onForget={onForget} />, document.getElementById("app") as HTMLElement);

// For the browser tests, which see neither colours nor places on a canvas.
Object.assign(window, { lotse: { drawnLevel, placeOnScreen } });
