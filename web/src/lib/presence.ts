import type { Presence } from "@/api/types";
import { dayLabel, daysAgo, timeOfDay } from "./format";
import { phoneNumber } from "./phone";

/** What somebody does in a chat: "typing…", in a group "Sipho is typing…"; nothing while they do nothing. */
export function doingLabel(presence: Presence | undefined): string {
  if (!presence || presence.doing === "idle") return "";
  const what = presence.doing === "recording" ? "recording audio…" : "typing…";
  const who = phoneNumber(presence.contact);
  return who ? `${who} is ${what}` : what;
}

/** What a person does at the moment, as far as WhatsApp tells. active: they are there now. */
export function presenceLabel(
  presence: Presence | undefined,
  now: Date,
): { text: string; active: boolean } | null {
  const doing = doingLabel(presence);
  if (doing) return { text: doing, active: true };
  if (presence?.online) return { text: "online", active: true };
  if (presence?.online === false && presence.last_seen)
    return { text: `last seen ${seenLabel(presence.last_seen, now)}`, active: false };
  return null;
}

/** When somebody was there last: "14:05", "yesterday 14:05", "Tuesday 14:05", "3 March". */
function seenLabel(at: string, now: Date): string {
  const date = new Date(at);
  const day = dayLabel(date, now);
  const ago = daysAgo(date, now);
  if (ago >= 7) return day;
  if (ago <= 0) return timeOfDay(date);
  return `${ago === 1 ? day.toLowerCase() : day} ${timeOfDay(date)}`;
}
