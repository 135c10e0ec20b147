import type { Conversation } from "@/api/types";
import { phoneNumber } from "./phone";

/** How times, numbers and names are written for people. */

const day = 86_400_000;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" });
const weekdayShort = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const thisYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const thisYearShort = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const anyYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const anyYearShort = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "2-digit" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

/** The time of day: 14:05. */
export function timeOfDay(at: string | Date): string {
  return clock.format(new Date(at));
}

/** The whole date and time, for tooltips and screen readers. */
export function fullTime(at: string | Date): string {
  return full.format(new Date(at));
}

/** How many midnights lie between at and now: 0 today, 1 yesterday. */
export function daysAgo(at: Date, now: Date): number {
  const midnight = (d: Date) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  return Math.round((midnight(now) - midnight(at)) / day);
}

/** A day as a heading: Today, Yesterday, Tuesday, 3 November, 3 November 2025. */
export function dayLabel(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const ago = daysAgo(date, now);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  if (ago > 1 && ago < 7) return weekday.format(date);
  return date.getFullYear() === now.getFullYear() ? thisYear.format(date) : anyYear.format(date);
}

/** A time for a list: 14:05 today, then Yesterday, Tue, 3 Nov, 3 Nov 25. */
export function shortTime(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const ago = daysAgo(date, now);
  if (ago <= 0) return timeOfDay(date);
  if (ago === 1) return "Yesterday";
  if (ago < 7) return weekdayShort.format(date);
  return date.getFullYear() === now.getFullYear() ? thisYearShort.format(date) : anyYearShort.format(date);
}

/** When something began: "since 14:05", "since yesterday, 14:05", "since 3 November". */
export function sinceLabel(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const ago = daysAgo(date, now);
  if (now.getTime() - date.getTime() < 60_000) return "just now";
  if (ago <= 0) return `since ${timeOfDay(date)}`;
  if (ago === 1) return `since yesterday, ${timeOfDay(date)}`;
  return `since ${dayLabel(date, now)}`;
}

/** When something ends: "14:05", "tomorrow, 14:05", "3 December, 14:05". */
export function untilLabel(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const ahead = -daysAgo(date, now);
  if (ahead <= 0) return timeOfDay(date);
  if (ahead === 1) return `${timeOfDay(date)} tomorrow`;
  return `${timeOfDay(date)} on ${thisYear.format(date)}`;
}

/** What to call somebody: their name, else their number. */
export function personName(person: { name?: string; phone?: string }): string {
  return person.name?.trim() || phoneNumber(person.phone) || "Unknown contact";
}

/** What to call a conversation: the person or the room that it is with. */
export function conversationName({ type, contact }: Pick<Conversation, "type" | "contact">): string {
  return type === "status" ? "Status updates" : personName(contact);
}

/** Up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => word?.match(/\p{L}/u)?.[0] ?? "",
  );
  return letters.join("").toUpperCase() || "#";
}

/** A count with its noun: "1 message", "3 messages". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A file's size: 340 KB, 2.1 MB; nothing if it is unknown. */
export function fileSize(bytes: number | undefined): string {
  if (!bytes) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A length in minutes and seconds, such as 1:05. */
export function playTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
