// Streets by name.
import { links, linksVersion } from "../state/store";

export interface Street {
  name: string;
  ids: [string, ...string[]];
}

const MOST = 12;
let made = -1;
let byName = new Map<string, [string, ...string[]]>();

function streets(): Map<string, [string, ...string[]]> {
  if (made !== linksVersion.value) {
    made = linksVersion.value;
    byName = new Map();
    for (const { id, name, ref } of links.values()) {
      const called = name || ref;
      if (called === "") continue;
      const known = byName.get(called);
      if (known === undefined) byName.set(called, [id]);
      else known.push(id);
    }
  }
  return byName;
}

/** Those whose name contains the text, those that begin with it first. */
export function findStreets(text: string): Street[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === "") return [];
  const place = (name: string): number => name.toLocaleLowerCase().indexOf(wanted);
  return [...streets()]
    .filter(([name]) => place(name) >= 0)
    .sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b))
    .slice(0, MOST)
    .map(([name, ids]) => ({ name, ids }));
}
