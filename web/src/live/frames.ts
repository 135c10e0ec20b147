import type { Assistant, Conversation, History, Label, Message, Pairing, Presence, Seat } from "@/api/types";

/** An event of the tenant's log. Its data is the view that its kind names. */
export type LiveEvent = { seq: number; conversation?: string } & (
  | { kind: "seat.created" | "seat.updated" | "seat.state" | "seat.removed"; data: Seat }
  | { kind: "seat.pairing"; data: Pairing }
  | { kind: "seat.history"; data: History }
  | { kind: "message.created" | "message.updated"; data: Message }
  | { kind: "conversation.updated"; data: Conversation }
  | { kind: "label.updated"; data: Label }
  | { kind: "assistant.updated"; data: Assistant }
);

/** What the server sends over the live websocket. */
export type Frame =
  | { type: "hello"; seq: number }
  | { type: "reset"; seq: number }
  | { type: "event"; seq: number; event: LiveEvent | null }
  /** What somebody does at the moment. It has no number and is not sent again. */
  | { type: "presence"; data: Presence };

const kinds = new Set([
  "seat.created",
  "seat.updated",
  "seat.state",
  "seat.removed",
  "seat.pairing",
  "seat.history",
  "message.created",
  "message.updated",
  "conversation.updated",
  "label.updated",
  "assistant.updated",
]);

/**
 * Reads a frame. What is no frame gives null; an event of a kind that this
 * version doesn't know gives a frame without the event, so that its number
 * still counts.
 */
export function parseFrame(text: string): Frame | null {
  const value = parse(text);
  if (!isRecord(value)) return null;
  if (value.type === "presence") return presenceFrame(value.data);
  if (typeof value.seq !== "number") return null;
  if (value.type === "hello" || value.type === "reset") return { type: value.type, seq: value.seq };
  if (value.type !== "event" || typeof value.kind !== "string") return null;
  const known = kinds.has(value.kind) && isRecord(value.data) && hasIdentity(value.kind, value.data);
  // The server makes these frames from the same Go types as the API's answers,
  // whose shapes the generated types hold.
  return { type: "event", seq: value.seq, event: known ? (value as unknown as LiveEvent) : null };
}

function presenceFrame(data: unknown): Frame | null {
  if (!isRecord(data) || typeof data.conversation !== "string") return null;
  return { type: "presence", data: data as unknown as Presence };
}

function hasIdentity(kind: string, data: Record<string, unknown>): boolean {
  if (kind === "assistant.updated") return true;
  return typeof (kind === "seat.pairing" || kind === "seat.history" ? data.seat : data.id) === "string";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
