import { expect, test } from "vitest";
import { aConversation } from "@/test/views";
import { silentBecause } from "./silent";

const room = { address: "120363@g.us", known: true };
const announced = { ...room, announce: true };

test.each([
  ["direct", undefined, undefined],
  ["status", undefined, undefined],
  ["broadcast", undefined, "A broadcast list is written to on the phone."],
  ["channel", { ...room, role: "member" }, "Only the channel's admins write here."],
  ["channel", room, "Only the channel's admins write here."],
  ["channel", { ...room, role: "admin" }, undefined],
  ["channel", { ...room, role: "superadmin" }, undefined],
  ["group", { ...room, role: "member" }, undefined],
  ["group", { ...announced, role: "member" }, "Only the group's admins write here."],
  ["group", { ...announced, role: "admin" }, undefined],
  ["group", room, "This number is not in the group any more."],
  ["group", { address: "120363@g.us" }, undefined],
] as const)("who may write in a %s with the room %o", (type, known, want) => {
  expect(silentBecause(aConversation({ type, room: known }))).toBe(want);
});
