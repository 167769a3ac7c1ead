// The nouns of the API, by the names that this page calls them. `schema.d.ts` is made from the gateway's own OpenAPI.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type System = Schemas["SystemView"];
export type NetworkLinks = Schemas["NetworkLinks"];
export type LinkStates = Schemas["LinkStates"];
export type LevelOfService = Schemas["LevelOfService"];
export type Sign = Schemas["SignView"];
export type Decision = Schemas["DecisionView"];
export type Detour = Schemas["DetourView"];
export type Detector = Schemas["DetectorView"];
export type DetectorHealth = Schemas["DetectorHealth"];
export type Roadwork = Schemas["RoadworkView"];
export type NewRoadwork = Schemas["Roadwork"];
export type ClosureQuestion = Schemas["ClosureRequest"];
export type ClosureAnswer = Schemas["ClosureAnswer"];
export type Alarm = Schemas["Alarm"];
export type Proposal = Schemas["ProposalView"];
export type Lock = Schemas["LockView"];
export type NewLock = Schemas["Lock"];
export type Aggregate = Schemas["Aggregate"];
export type Outage = Schemas["Outage"];
export type Reading = Schemas["ReadingView"];
export type DeadLetter = Schemas["DeadLetterView"];
export type DeadLetterSummary = Schemas["DeadLetterSummary"];
export type ReplayAnswer = Schemas["ReplayAnswer"];
export type Position = [longitude: number, latitude: number];

/** What is known of a link now: the part of a feature that changes. */
export interface LinkState {
  link_id: string;
  level_of_service: LevelOfService;
  speed_kmh: number | null;
  confidence: number | null;
  source: string | null;
}

/** Whether a sign has said that it shows what it was told. */
export interface Confirmation {
  /** `pending` is ours: told a moment ago, and not yet to be expected to have confirmed. */
  state: "confirmed" | "pending" | "unconfirmed" | "faulty" | "unknown";
  since?: string | null;
  acknowledged_at?: string | null;
}

/** What a sign was told to show last. */
export interface Shown {
  sign_id: string;
  display: { state: string; lines: string[]; source: string; valid_until?: string | null } | null;
  decided_at: string | null;
  fresh_until: string | null;
  confirmation: Confirmation | null;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
