/** How long to wait before the next try: doubles from 500 ms to 5 s, spread so that clients don't return all at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(5000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(longest * (0.5 + random() * 0.5));
}
