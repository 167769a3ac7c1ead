// What is said, in the language that was chosen. Whoever calls these while drawing is drawn again when it changes.
import { Problem } from "../api/client";
import { language } from "../state/preferences";
import { de } from "./de";
import { en, type Words } from "./en";

const WORDS: Record<"de" | "en", Words> = { de, en };

type Phrase = { [Name in keyof Words]: Words[Name] extends string ? Name : never }[keyof Words];

export function t(phrase: Phrase, values: Record<string, string | number> = {}): string {
  const text: string = WORDS[language.value][phrase];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function rule(code: string): string {
  return WORDS[language.value].r[code] ?? code;
}

function locale(): string {
  return language.value === "de" ? "de-DE" : "en-GB";
}

/** A moment in the time zone of this computer: the time, and the day unless it is today. */
export function moment(at: string | number | null | undefined, withSeconds = false): string {
  if (at === null || at === undefined) return "–";
  const date = new Date(at);
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", ...(withSeconds && { second: "2-digit" }) };
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(locale(), isToday ? time : { ...time, day: "2-digit", month: "2-digit" });
}

export function day(at: string): string {
  return new Date(`${at}T12:00:00`).toLocaleDateString(locale(), { weekday: "short", day: "2-digit", month: "2-digit" });
}

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (Math.abs(seconds) < 120) return t("s", { n: Math.round(seconds) });
  if (Math.abs(seconds) < 7_200) return t("min", { n: Math.round(seconds / 60) });
  return t("h", { n: number(seconds / 3600, 1) });
}

export function metres(length: number): string {
  return length < 1000 ? `${Math.round(length)} m` : `${number(length / 1000, 1)} km`;
}

/** What to tell of a call that failed. */
export function trouble(error: unknown): string {
  if (!(error instanceof Problem)) return String(error);
  if (error.status === 0) return t("problem_0");
  return t(error.status === 403 ? "problem_403" : "problem", { detail: error.detail });
}
