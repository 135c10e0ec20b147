import { describe, expect, test } from "vitest";
import { aConversation } from "@/test/views";
import {
  conversationName,
  count,
  dayLabel,
  initials,
  personName,
  shortTime,
  sinceLabel,
  untilLabel,
} from "./format";

const now = new Date(2026, 2, 10, 14, 30);
const at = (...parts: [number, number, number, number, number]) => new Date(...parts);

describe("times", () => {
  test.each([
    [at(2026, 2, 10, 0, 1), "Today", "00:01"],
    [at(2026, 2, 9, 23, 59), "Yesterday", "Yesterday"],
    [at(2026, 2, 5, 9, 0), "Thursday", "Thu"],
    [at(2026, 2, 3, 9, 0), "3 March", "3 Mar"],
    [at(2025, 10, 3, 9, 0), "3 November 2025", "3 Nov 25"],
  ])("%s is %s, in short %s", (date, long, short) => {
    expect(dayLabel(date, now)).toBe(long);
    expect(shortTime(date, now)).toBe(short);
  });

  test("since and until", () => {
    expect(sinceLabel(at(2026, 2, 10, 14, 30), now)).toBe("just now");
    expect(sinceLabel(at(2026, 2, 10, 9, 5), now)).toBe("since 09:05");
    expect(sinceLabel(at(2026, 2, 9, 9, 5), now)).toBe("since yesterday, 09:05");
    expect(untilLabel(at(2026, 2, 10, 18, 0), now)).toBe("18:00");
    expect(untilLabel(at(2026, 2, 11, 2, 5), now)).toBe("02:05 tomorrow");
    expect(untilLabel(at(2026, 2, 14, 2, 5), now)).toBe("02:05 on 14 March");
  });
});

test("names", () => {
  expect(personName({ name: " Naledi " })).toBe("Naledi");
  expect(personName({ phone: "27825550142" })).toBe("+27 82 555 0142");
  expect(personName({})).toBe("Unknown contact");
  expect(conversationName(aConversation({ contact: { id: "k1", name: "Naledi" } }))).toBe("Naledi");
  expect(conversationName(aConversation({ type: "status", contact: { id: "k1" } }))).toBe("Status updates");
  expect(initials("Naledi Khumalo")).toBe("NK");
  expect(initials("Pieter van Wyk")).toBe("PW");
  expect(initials("✨ Élodie")).toBe("É");
  expect(initials("+27 82")).toBe("#");
});

test("counts", () => {
  expect(count(1, "new message")).toBe("1 new message");
  expect(count(3, "new message")).toBe("3 new messages");
});
