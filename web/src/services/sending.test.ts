import { expect, test } from "vitest";
import { aMessage } from "@/test/views";
import { notYetStored, type Outgoing } from "./sending";

const outgoing = (key: string, text: string, after = 5): Outgoing => ({
  key,
  text,
  after,
  conversation: "c1",
  at: "2026-03-10T08:00:00Z",
});
const stored = (id: string, text: string, seq: number) =>
  aMessage({ id, text, seq, direction: "out", author: "user" });

test("a text that came back as a message is not shown twice", () => {
  const left = notYetStored([outgoing("k1", "ok"), outgoing("k2", "later")], [stored("m6", "ok", 6)]);
  expect(left.map(({ key }) => key)).toEqual(["k2"]);
});

test("an older message with the same text is another one", () => {
  expect(notYetStored([outgoing("k1", "ok")], [stored("m4", "ok", 4)])).toHaveLength(1);
});

test("the same text sent twice needs two messages", () => {
  const twice = [outgoing("k1", "ok"), outgoing("k2", "ok")];
  expect(notYetStored(twice, [stored("m6", "ok", 6)])).toHaveLength(1);
  expect(notYetStored(twice, [stored("m6", "ok", 6), stored("m7", "ok", 7)])).toHaveLength(0);
});
