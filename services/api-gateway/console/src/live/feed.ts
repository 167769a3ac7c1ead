// Reads the city once, then keeps it as it is by the stream of events.
import { batch } from "@preact/signals";

import { Problem, type Client } from "../api/client";
import type { Alarm, Detector, DetectorHealth, LinkStates, NetworkLinks, Proposal, Roadwork, Shown, Sign, System } from "../api/types";
import { language } from "../state/preferences";
import * as store from "../state/store";
import { apply } from "./events";
import { putLinks, putStates } from "./reading";
import { readEvents } from "./sse";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;
/** The server says something each 15 s: after this silence the connection is dead, whatever the browser thinks. */
const SILENCE_MS = 35_000;
const SLOWLY_MS = 10_000;

/** One sitting with one key: runs until it is ended, and never gives up but for a key that is refused. */
export class Feed {
  readonly #end = new AbortController();
  #lastEventId: string | null = null;
  #retryMs = FIRST_RETRY_MS;

  constructor(readonly client: Client) {}

  end(): void {
    this.#end.abort();
  }

  async run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#end.signal.aborted) return;
        if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
          store.keyState.value = "refused";
          return;
        }
        store.connection.value = "lost";
        await this.#pause(this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  /** Follow the stream until it breaks. It is listened to first and read after the lists, so that nothing falls between. */
  async #follow(): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#end.signal, broken.signal]);
    let heard = performance.now();
    const watch = setInterval(() => performance.now() - heard > SILENCE_MS && broken.abort(), 1_000);
    const slowly = setInterval(() => void this.#readSlowThings().catch(() => undefined), SLOWLY_MS);
    const forgetLanguage = language.subscribe(() => store.isLoaded.peek() && void this.#readProposals().catch(() => undefined));
    try {
      const listening = this.client.events(this.#lastEventId, signal);
      if (!store.isLoaded.value || this.#lastEventId === null) await this.#readAll(listening);
      const stream = await listening;
      store.connection.value = "live";
      this.#retryMs = FIRST_RETRY_MS;
      for await (const event of readEvents(stream, () => (heard = performance.now()))) {
        store.heardAt.value = performance.now();
        if (event.id !== null) this.#lastEventId = event.id;
        if (!apply(event)) {
          this.#lastEventId = null; // reset: what was missed cannot be told any more
          return;
        }
      }
      throw new Problem(0, "the stream ended");
    } finally {
      clearInterval(watch);
      clearInterval(slowly);
      forgetLanguage();
      broken.abort();
    }
  }

  /** Streets first, for they take longest; whatever events change not before the stream is there. */
  async #readAll(listening: Promise<unknown>): Promise<void> {
    const { client } = this;
    const lines = client.get<NetworkLinks>("/v1/networks/active/links").catch(noneYet);
    const changing = listening.then(() =>
      Promise.all([
        client.get<LinkStates>("/v1/link-states"),
        client.all<Shown>("/v1/displays").then((found) => (store.shown.value = byId(found, "sign_id"))),
        this.#readSlowThings(),
      ]),
    );
    const registered = Promise.all([
      client.all<Sign>("/v1/signs").then((found) => (store.signs.value = byId(found.filter((sign) => sign.retired_at === null), "sign_id"))),
      client.all<Detector>("/v1/detectors").then((found) => (store.detectors.value = byId(found, "detector_id"))),
    ]);
    const [network, [states]] = await Promise.all([lines, changing, registered]);
    performance.mark("lotse:read");
    batch(() => {
      if (network !== null && network.network_version !== store.networkVersion.value) putLinks(network);
      putStates(states);
      store.isLoaded.value = true;
    });
  }

  async #readSystem(): Promise<void> {
    const found = await this.client.get<System>("/v1/system");
    batch(() => {
      store.keyState.value = "good";
      store.system.value = found;
      store.heardAt.value = performance.now();
      if (found.covers_until !== null) store.coversUntil.value = Date.parse(found.covers_until);
      if (found.now !== null) store.clockAhead.value = Date.parse(found.now) - Date.now();
    });
    if (store.isLoaded.value && found.network !== null && found.network.version !== store.networkVersion.value) {
      putLinks(await this.client.get<NetworkLinks>("/v1/networks/active/links"));
    }
  }

  /** What changes by the minute, or what no event tells of. */
  async #readSlowThings(): Promise<void> {
    const { client } = this;
    await Promise.all([
      this.#readSystem(),
      client.all<DetectorHealth>("/v1/detectors/health").then((found) => (store.health.value = byId(found, "detector_id"))),
      client.all<Roadwork>("/v1/roadworks").then((found) => (store.roadworks.value = byId(found, "roadwork_id"))),
      client.all<Alarm>("/v1/alarms").then((found) => (store.alarms.value = found)),
      this.#readProposals(),
    ]);
  }

  async #readProposals(): Promise<void> {
    const asked = language.peek();
    const found = await this.client.all<Proposal>("/v1/proposals?state=waiting", asked);
    if (asked === language.peek()) store.proposals.value = found; // else the answer in the other language is on its way
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

/** No network was imported yet: then there is nothing to draw. */
function noneYet(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}

function byId<Item, Name extends keyof Item>(items: readonly Item[], name: Name): Map<string, Item> {
  return new Map(items.map((item) => [item[name] as string, item]));
}
