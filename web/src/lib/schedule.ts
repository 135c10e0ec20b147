/** When to send later, as fields for dates have it. */

/** A time in the form of a datetime-local field: the device's own time, to the minute. */
export function toField(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The time that such a field holds, if it holds one. */
export function fromField(text: string): Date | undefined {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? undefined : at;
}

/** Times that people often want. */
export function suggestions(now: Date): { label: string; at: Date }[] {
  const hour = new Date(now.getTime() + 3_600_000);
  const at = (days: number, hours: number) => {
    const day = new Date(now);
    day.setDate(day.getDate() + days);
    day.setHours(hours, 0, 0, 0);
    return day;
  };
  const evening = at(0, 18);
  const monday = at((8 - now.getDay()) % 7 || 7, 9);
  return [
    { label: "In an hour", at: hour },
    ...(evening > hour ? [{ label: "Today 18:00", at: evening }] : []),
    { label: "Tomorrow 09:00", at: at(1, 9) },
    { label: "Monday 09:00", at: monday },
  ];
}
