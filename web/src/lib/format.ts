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

/** Country codes of one or two digits; all others have three. */
const oneDigit = new Set(["1", "7"]);
const twoDigits = new Set(
  "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98".split(
    " ",
  ),
);

/** A number in digits with country code, as people read it: +27 82 555 0142. */
export function phoneNumber(digits: string | undefined): string {
  if (!digits) return "";
  if (!/^\d{7,15}$/.test(digits)) return digits;
  const length = oneDigit.has(digits.slice(0, 1)) ? 1 : twoDigits.has(digits.slice(0, 2)) ? 2 : 3;
  const rest = digits.slice(length);
  // The last four stay together, the others go in groups of at most three from the left.
  const head = rest.slice(0, -4);
  const first = head.length % 3 === 0 ? 3 : head.length % 3;
  const groups = [head.slice(0, first), ...(head.slice(first).match(/.{1,3}/g) ?? []), rest.slice(-4)];
  return `+${digits.slice(0, length)} ${groups.filter(Boolean).join(" ")}`;
}

/** What to call somebody: their name, else their number. */
export function personName(person: { name?: string; phone?: string }): string {
  return person.name?.trim() || phoneNumber(person.phone) || "Unknown contact";
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
