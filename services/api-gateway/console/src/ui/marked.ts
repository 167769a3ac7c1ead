// Links that a panel marks on the map for as long as it is there.
import { useLayoutEffect } from "preact/hooks";

import { picked } from "../state/work";

/** With what is drawn, not after: its end would clear what the next panel picked. */
export function useMarked(links: readonly string[]): void {
  useLayoutEffect(() => {
    picked.value = new Set(links);
    return () => {
      picked.value = new Set();
    };
  }, [links.join()]);
}
