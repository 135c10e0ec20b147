import type { Message } from "@/api/types";
import { compare } from "@/live/apply";
import { dayLabel } from "./format";

/** Messages this close together by the same author stand as one group. */
const groupWithin = 5 * 60_000;

/** A message as the thread shows it. */
export interface ThreadMessage {
  message: Message;
  /** The first of its group: it carries the author's name. */
  first: boolean;
  /** The last of its group: it has the corner. */
  last: boolean;
  /** Emojis that people reacted with. */
  reactions: string[];
}

/** The messages of one day, the oldest first. */
export interface ThreadDay {
  label: string;
  key: string;
  messages: ThreadMessage[];
}

/** Puts pages of messages in reading order: days, groups, and reactions at what they react to. */
export function layThread(messages: Message[], now = new Date()): ThreadDay[] {
  const reactions = collectReactions(messages);
  const shown = messages
    .filter((message) => !message.hidden && !isAttached(message, reactions))
    .sort(compare);
  const days: ThreadDay[] = [];
  for (const message of shown) {
    const key = new Date(message.at).toDateString();
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, label: dayLabel(message.at, now), messages: [] };
      days.push(day);
    }
    const before = day.messages.at(-1);
    const joined = before !== undefined && belongTogether(before.message, message);
    if (joined) before.last = false;
    const attached =
      message.reactions?.map((reaction) => reaction.emoji) ??
      [...(reactions.get(message.whatsapp_id)?.values() ?? [])].filter(Boolean);
    day.messages.push({ message, first: !joined, last: true, reactions: attached });
  }
  return days;
}

function belongTogether(a: Message, b: Message): boolean {
  return (
    a.author === b.author &&
    a.sent_by === b.sent_by &&
    a.sender?.contact === b.sender?.contact &&
    new Date(b.at).getTime() - new Date(a.at).getTime() < groupWithin
  );
}

/** By target the latest reaction of each side; an empty one takes it back. */
function collectReactions(messages: Message[]): Map<string, Map<string, string>> {
  const targets = new Set(messages.map((message) => message.whatsapp_id));
  const found = new Map<string, Map<string, string>>();
  for (const { kind, target, direction, text } of [...messages].sort(compare)) {
    if (kind !== "reaction" || !target || !targets.has(target)) continue;
    const sides = found.get(target) ?? new Map<string, string>();
    found.set(target, sides.set(direction, text));
  }
  return found;
}

function isAttached(message: Message, reactions: Map<string, Map<string, string>>): boolean {
  return message.kind === "reaction" && message.target !== undefined && reactions.has(message.target);
}
