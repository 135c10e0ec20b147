import { expect, test } from "vitest";
import type { Presence } from "@/api/types";
import { doingLabel, presenceLabel } from "./presence";

const now = new Date(2026, 2, 10, 14, 30);
const of = (change: Partial<Presence>): Presence => ({ conversation: "c1", doing: "idle", ...change });
const seen = (...at: [number, number, number, number, number]) =>
  of({ online: false, last_seen: new Date(...at).toISOString() });

test.each([
  [undefined, null],
  [of({}), null],
  [of({ online: false }), null],
  [of({ online: true }), "online"],
  [of({ online: true, doing: "typing" }), "typing…"],
  [of({ doing: "recording" }), "recording audio…"],
  [of({ doing: "typing", contact: "Sipho" }), "Sipho is typing…"],
  [of({ doing: "typing", contact: "27825550142" }), "+27 82 555 0142 is typing…"],
  [seen(2026, 2, 10, 9, 5), "last seen 09:05"],
  [seen(2026, 2, 9, 23, 59), "last seen yesterday 23:59"],
  [seen(2026, 2, 5, 9, 0), "last seen Thursday 09:00"],
  [seen(2026, 1, 3, 9, 0), "last seen 3 February"],
])("%j reads %s", (presence, text) => {
  expect(presenceLabel(presence, now)?.text ?? null).toBe(text);
});

test("only what somebody does shows in a list", () => {
  expect(doingLabel(of({ online: true }))).toBe("");
  expect(doingLabel(of({ doing: "typing" }))).toBe("typing…");
});
