// Colours of the map. Blue, yellow, orange, crimson stay apart for every kind of colour blindness, and each has a width of
// its own besides; a jam has a pattern, too, and what is not measured is dashed.
import type { LevelOfService } from "../api/types";

export interface Palette {
  ground: string;
  casing: string;
  label: string;
  halo: string;
  levels: Record<LevelOfService, string>;
  jamMark: string;
  closed: string;
  closedGround: string;
  usual: string;
  shown: string;
  picked: string;
}

export const LIGHT: Palette = {
  ground: "#eef0f2",
  casing: "#ffffff",
  label: "#333d47",
  halo: "#ffffff",
  levels: { free: "#2f6fc4", dense: "#e0a800", slow: "#e2661a", jam: "#a1123c", unknown: "#8c97a1" },
  jamMark: "#ffffff",
  closed: "#c4001a",
  closedGround: "#ffffff",
  usual: "#22303c",
  shown: "#7a1fa2",
  picked: "#00838f",
};

export const DARK: Palette = {
  ground: "#12181e",
  casing: "#27313a",
  label: "#c9d2da",
  halo: "#12181e",
  levels: { free: "#5b9bf0", dense: "#f2cf4a", slow: "#ff8a3d", jam: "#ff4d7a", unknown: "#6d7984" },
  jamMark: "#12181e",
  closed: "#ff5a5a",
  closedGround: "#f4f4f4",
  usual: "#e8eef3",
  shown: "#d58bff",
  picked: "#3fd8e6",
};

/** Width relative to that of a free link. */
export const WIDTHS: Record<LevelOfService, number> = { unknown: 0.5, free: 0.75, dense: 1.05, slow: 1.4, jam: 1.9 };
