import { expect, test } from "vitest";
import { fromField, suggestions, toField } from "./schedule";

test("a field holds the device's time to the minute", () => {
  const at = new Date(2026, 2, 9, 8, 5, 30);
  expect(toField(at)).toBe("2026-03-09T08:05");
  expect(fromField("2026-03-09T08:05")).toEqual(new Date(2026, 2, 9, 8, 5));
  expect(fromField("")).toBeUndefined();
  expect(fromField("soon")).toBeUndefined();
});

test("what is suggested lies ahead", () => {
  for (const now of [
    new Date(2026, 2, 9, 8, 5),
    new Date(2026, 2, 8, 17, 30),
    new Date(2026, 11, 31, 23, 59),
  ]) {
    const all = suggestions(now);
    for (const { at } of all) expect(at.getTime()).toBeGreaterThan(now.getTime());
    expect(all.at(-1)?.at.getDay()).toBe(1);
  }
});
