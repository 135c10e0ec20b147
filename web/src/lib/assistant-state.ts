import type { Conversation, Status } from "@/api/types";
import { untilLabel } from "./format";

/** What the AI does in a conversation, most pressing first. */
export type AssistantState =
  | { kind: "unavailable"; label: string }
  | { kind: "needs-person"; label: string; reason: string }
  | { kind: "off"; label: string }
  | { kind: "paused"; label: string; until: string }
  | { kind: "writing"; label: string }
  | { kind: "on"; label: string };

/** Tells what the AI does in a conversation, in words. A pause that is over counts as none. */
export function assistantState(
  { assistant }: Pick<Conversation, "assistant">,
  configured: Status["assistant"]["configured"],
  now: Date,
): AssistantState {
  if (assistant.needs_person)
    return { kind: "needs-person", label: "Needs you", reason: assistant.needs_person };
  if (!configured) return { kind: "unavailable", label: "AI not set up" };
  if (!assistant.enabled) return { kind: "off", label: "AI off" };
  if (assistant.paused_until && new Date(assistant.paused_until) > now) {
    return {
      kind: "paused",
      label: `AI paused until ${untilLabel(assistant.paused_until, now)}`,
      until: assistant.paused_until,
    };
  }
  if (assistant.replying) return { kind: "writing", label: "AI is writing…" };
  return { kind: "on", label: "AI answers" };
}
