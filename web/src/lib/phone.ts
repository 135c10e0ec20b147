import table from "./phone-formats.json";

// The tables are those of Google's libphonenumber (Apache-2.0), by which the API reads numbers too: the Go test
// TestDashboardFormats writes them.

/** By country code: which numbers, how they begin, and how they are written. */
const formats = table as unknown as Readonly<Record<string, readonly [string, string, string][]>>;

/** A number in digits with country code, as people read it: +27 82 555 0142. What is no number stays as it is. */
export function phoneNumber(digits: string | undefined): string {
  if (!digits) return "";
  if (!/^\d{7,15}$/.test(digits)) return digits;
  const length = [1, 2, 3].find((n) => digits.slice(0, n) in formats);
  if (!length) return `+${digits}`;
  const code = digits.slice(0, length);
  const rest = digits.slice(length);
  for (const [pattern, begins, written] of formats[code] ?? []) {
    if (begins && !new RegExp(`^(?:${begins})`).test(rest)) continue;
    const whole = new RegExp(`^(?:${pattern})$`);
    if (whole.test(rest)) return `+${code} ${rest.replace(whole, written)}`;
  }
  return `+${code} ${rest}`;
}
