// What a panel asks for besides what the store has: asked anew when what it depends on changes.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Client } from "../api/client";
import { client } from "../state/store";
import { trouble } from "../words/words";

export interface Asked<Answer> {
  answer: Answer | null;
  problem: string | null;
}

export function useAsked<Answer>(ask: (client: Client) => Promise<Answer>, ...depends: unknown[]): Signal<Asked<Answer>> {
  const asked = useSignal<Asked<Answer>>({ answer: null, problem: null });
  useEffect(() => {
    let isWanted = true;
    if (client.value === null) return;
    ask(client.value).then(
      (answer) => isWanted && (asked.value = { answer, problem: null }),
      (error: unknown) => isWanted && (asked.value = { ...asked.peek(), problem: trouble(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, depends);
  return asked;
}
