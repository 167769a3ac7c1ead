// Every call of the API goes through here: with the key, with an end, and with problems in words.
import type { Page } from "./types";

const TIMEOUT_MS = 30_000;
const PAGE = 1000;

/** What the gateway answered instead (RFC 9457), or that it did not answer: then `status` is 0. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export class Client {
  constructor(readonly key: string) {}

  get<Answer>(path: string, language?: string): Promise<Answer> {
    return this.#call<Answer>("GET", path, undefined, language);
  }

  post<Answer>(path: string, body?: unknown): Promise<Answer> {
    return this.#call<Answer>("POST", path, body);
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.#call<Answer>("PUT", path, body);
  }

  delete(path: string): Promise<void> {
    return this.#call<void>("DELETE", path);
  }

  /** Every item of a list, page by page. */
  async all<Item>(path: string, language?: string): Promise<Item[]> {
    const found: Item[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<Item> = await this.get(withQuery(path, { limit: String(PAGE), cursor }), language);
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  /** The stream of events, from after one of them on. The key must not stand in an address, so no EventSource. */
  async events(lastEventId: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.key}`, Accept: "text/event-stream" };
    if (lastEventId !== null) headers["Last-Event-ID"] = lastEventId;
    const answer = await reach("/v1/events", { headers, signal, cache: "no-store" });
    if (!answer.ok) throw await problemOf(answer);
    if (answer.body === null) throw new Problem(0, "no body");
    return answer.body;
  }

  async #call<Answer>(method: string, path: string, body?: unknown, language?: string): Promise<Answer> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.key}`, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (language !== undefined) headers["Accept-Language"] = language;
    underWay += 1;
    try {
      const answer = await reach(path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!answer.ok) throw await problemOf(answer);
      return (answer.status === 204 ? undefined : await answer.json()) as Answer;
    } finally {
      underWay -= 1;
    }
  }
}

let underWay = 0;

/** For tests: whether every question has been answered (the stream of events is none). */
export function isIdle(): boolean {
  return underWay === 0;
}

async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw new Problem(0, error instanceof Error ? error.message : String(error));
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as { detail?: string };
    return new Problem(answer.status, body.detail ?? answer.statusText);
  } catch {
    return new Problem(answer.status, answer.statusText);
  }
}

export function withQuery(path: string, query: Record<string, string | null>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== null);
  if (given.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(given)}`;
}
