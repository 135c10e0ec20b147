import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { show } from "@/test/render";
import { CountdownRing, secondsLeft } from "./countdown-ring";

const start = new Date("2026-03-10T08:00:00Z");
beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(start);
});
afterEach(() => {
  vi.useRealTimers();
});

test("counts down to zero and not below", () => {
  show(<CountdownRing until="2026-03-10T08:00:20Z" />);
  expect(screen.getByRole("timer", { name: "A new code follows in 20 s" })).toBeVisible();
  act(() => vi.advanceTimersByTime(5000));
  expect(screen.getByRole("timer", { name: "A new code follows in 15 s" })).toBeVisible();
  act(() => vi.advanceTimersByTime(60_000));
  expect(screen.getByRole("timer", { name: "A new code follows" })).toBeVisible();
  expect(secondsLeft("2026-03-10T07:00:00Z", start.getTime())).toBe(0);
});
