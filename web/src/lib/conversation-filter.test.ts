import { expect, test } from "vitest";
import { aConversation } from "@/test/views";
import { belongs, conversationPath, filterOf } from "./conversation-filter";

test("a filter is kept in the address", () => {
  expect(conversationPath({})).toBe("/conversations");
  expect(conversationPath({ label: "l1" }, "c1")).toBe("/conversations/c1?label=l1");
  const filter = { seat: "s 1", label: "l&1" };
  const search = conversationPath(filter).split("?")[1];
  expect(filterOf(new URLSearchParams(search))).toEqual(filter);
});

test("a conversation belongs where its seat and its labels are", () => {
  const labelled = aConversation({ seat: "s1", labels: ["l1", "l2"] });
  expect(belongs({}, labelled)).toBe(true);
  expect(belongs({ seat: "s1", label: "l2" }, labelled)).toBe(true);
  expect(belongs({ seat: "s2" }, labelled)).toBe(false);
  expect(belongs({ label: "l3" }, labelled)).toBe(false);
  expect(belongs({ label: "l1" }, aConversation())).toBe(false);
});
