import { expect, test } from "vitest";
import { aMessage } from "@/test/views";
import { layThread } from "./thread";

const local = (day: number, hour: number, minute: number) =>
  new Date(2026, 2, day, hour, minute).toISOString();

test("messages stand in order, by day and in groups", () => {
  const days = layThread(
    [
      aMessage({ id: "d", seq: 4, at: local(10, 9, 20), direction: "out", author: "assistant" }),
      aMessage({ id: "c", seq: 3, at: local(10, 9, 11) }),
      aMessage({ id: "b", seq: 2, at: local(10, 9, 10) }),
      aMessage({ id: "a", seq: 1, at: local(9, 9, 10) }),
    ],
    new Date(2026, 2, 10, 12),
  );
  expect(days.map((day) => day.label)).toEqual(["Yesterday", "Today"]);
  expect(days[1]?.messages.map(({ message, first, last }) => [message.id, first, last])).toEqual([
    ["b", true, false],
    ["c", false, true],
    ["d", true, true],
  ]);
});

test("what two colleagues wrote doesn't stand as one group", () => {
  const by = (id: string, seq: number, sent_by: string) =>
    aMessage({ id, seq, direction: "out", author: "user", sent_by });
  const [day] = layThread([by("a", 1, "Thandi"), by("b", 2, "Thandi"), by("c", 3, "Pieter")]);
  expect(day?.messages.map(({ first }) => first)).toEqual([true, false, true]);
});

test("the same second is ordered by number", () => {
  const [day] = layThread([aMessage({ id: "b", seq: 8 }), aMessage({ id: "a", seq: 7 })]);
  expect(day?.messages.map(({ message }) => message.id)).toEqual(["a", "b"]);
});

test("reactions go to what they react to; the latest of each side counts", () => {
  const reaction = (id: string, seq: number, text: string, target = "W-a") =>
    aMessage({ id, seq, kind: "reaction", text, target });
  const [day] = layThread([
    aMessage({ id: "a", whatsapp_id: "W-a" }),
    reaction("r1", 2, "👍"),
    reaction("r2", 3, "❤️"),
    reaction("r3", 4, "😮", "not loaded"),
  ]);
  expect(day?.messages.map(({ message, reactions }) => [message.id, reactions])).toEqual([
    ["a", ["❤️"]],
    ["r3", []],
  ]);
});
