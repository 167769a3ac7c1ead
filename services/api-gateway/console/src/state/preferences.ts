// What one person chose on this computer: language, theme, and for how long the key is kept.
import { signal } from "@preact/signals";

export type Language = "de" | "en";
export type Theme = "system" | "light" | "dark";

const KEY = "lotse.key";

export const language = signal<Language>(choose(localStorage.getItem("lotse.language")));
export const theme = signal<Theme>((localStorage.getItem("lotse.theme") as Theme | null) ?? "system");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
export const isDark = signal(false);

function choose(kept: string | null): Language {
  if (kept === "de" || kept === "en") return kept;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "de" || tag === "en");
  return wanted === "de" ? "de" : "en";
}

export function setLanguage(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem("lotse.language", chosen);
  document.documentElement.lang = chosen;
}

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem("lotse.theme", chosen);
  applyTheme();
}

export function applyTheme(): void {
  isDark.value = theme.value === "dark" || (theme.value === "system" && systemIsDark.matches);
  document.documentElement.dataset["theme"] = isDark.value ? "dark" : "light";
}
systemIsDark.addEventListener("change", applyTheme);

/** The key in the fragment of the address (`#key=…`), which is taken out of it at once; else the one that is kept. */
export function findKey(): string | null {
  const given = /^#key=(lotse_[\w-]+)$/.exec(location.hash)?.[1];
  if (given !== undefined) {
    history.replaceState(null, "", location.pathname);
    keepKey(given, false);
    return given;
  }
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function keepKey(key: string, forGood: boolean): void {
  forgetKey();
  (forGood ? localStorage : sessionStorage).setItem(KEY, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
