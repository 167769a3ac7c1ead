// Reads the city once, then keeps it as it is: by the stream of events, and by asking again where there is no stream.
import { batch } from "@preact/signals";

import { Problem, type Client } from "../api/client";
import type { Alarm, Detector, DetectorHealth, LinkCollection, Proposal, Roadwork, Shown, Sign, System } from "../api/types";
import * as store from "../state/store";
import { apply } from "./events";
import { listShown, putAll } from "./reading";
import { readEvents } from "./sse";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;
/** The server says something each 15 s: after this silence the connection is dead, whatever the browser thinks. */
const SILENCE_MS = 35_000;
const SLOWLY_MS = 10_000;
const POLL_MS = 3_000;

/** One sitting with one key: runs until it is ended, and never gives up but for a key that is refused. */
export class Feed {
  readonly #end = new AbortController();
  #lastEventId: string | null = null;

  constructor(readonly client: Client) {}

  end(): void {
    this.#end.abort();
  }

  async run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#end.signal.aborted) {
      try {
        if (!store.isLoaded.value || this.#lastEventId === null) await this.#readAll();
        retryMs = FIRST_RETRY_MS;
        await this.#follow();
      } catch (error) {
        if (this.#end.signal.aborted) return;
        if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
          store.keyState.value = "refused";
          return;
        }
        store.connection.value = "lost";
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  async #readAll(): Promise<void> {
    const { client } = this;
    await this.#readSystem();
    store.keyState.value = "good";
    await Promise.all([
      this.#readLinks(),
      client.all<Sign>("/v1/signs").then((found) => (store.signs.value = byId(found.filter((sign) => sign.retired_at === null), "sign_id"))),
      listShown(client).then((found) => (store.shown.value = byId(found, "sign_id"))),
      client.all<Detector>("/v1/detectors").then((found) => (store.detectors.value = byId(found, "detector_id"))),
      this.#readSlowThings(),
    ]);
    store.isLoaded.value = true;
  }

  async #readLinks(): Promise<void> {
    for await (const page of this.client.links()) putAll(page as LinkCollection);
  }

  async #readSystem(): Promise<void> {
    const found = await this.client.get<System>("/v1/system");
    batch(() => {
      store.system.value = found;
      store.heardAt.value = performance.now();
      if (found.covers_until !== null) store.coversUntil.value = Date.parse(found.covers_until);
      if (found.now !== null) store.clockAhead.value = Date.parse(found.now) - Date.now();
    });
  }

  /** What changes by the minute, or what no event tells of. */
  async #readSlowThings(): Promise<void> {
    const { client } = this;
    await Promise.all([
      this.#readSystem(),
      client.all<DetectorHealth>("/v1/detectors/health").then((found) => (store.health.value = byId(found, "detector_id"))),
      client.all<Roadwork>("/v1/roadworks").then((found) => (store.roadworks.value = byId(found, "roadwork_id"))),
      client.all<Alarm>("/v1/alarms").then((found) => (store.alarms.value = found)),
      client.all<Proposal>("/v1/proposals?state=waiting").then((found) => (store.proposals.value = found)),
    ]);
  }

  /** Follow the stream until it breaks; where the gateway has none, ask again and again. */
  async #follow(): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#end.signal, broken.signal]);
    let heard = performance.now();
    const watch = setInterval(() => performance.now() - heard > SILENCE_MS && broken.abort(), 1_000);
    const slowly = setInterval(() => void this.#readSlowThings().catch(() => undefined), SLOWLY_MS);
    try {
      const stream = await this.client.events(this.#lastEventId, signal);
      store.connection.value = "live";
      for await (const event of readEvents(stream, () => (heard = performance.now()))) {
        store.heardAt.value = performance.now();
        if (event.id !== null) this.#lastEventId = event.id;
        if (!apply(event)) {
          this.#lastEventId = null; // reset: what was missed cannot be told any more
          return;
        }
      }
      throw new Problem(0, "the stream ended");
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      store.connection.value = "polling";
      await this.#poll();
    } finally {
      clearInterval(watch);
      clearInterval(slowly);
      broken.abort();
    }
  }

  async #poll(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const began = performance.now();
      await Promise.all([
        this.#readSystem(),
        this.#readLinks(),
        listShown(this.client).then((found: Shown[]) => (store.shown.value = byId(found, "sign_id"))),
      ]);
      // A large city takes its time: never more than a third of it is spent on asking.
      await this.#pause(Math.max(POLL_MS, 2 * (performance.now() - began)));
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

function byId<Item, Name extends keyof Item>(items: readonly Item[], name: Name): Map<string, Item> {
  return new Map(items.map((item) => [item[name] as string, item]));
}

