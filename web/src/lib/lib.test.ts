import { describe, expect, test } from "vitest";
import { aConversation, aMessage, aSeat } from "@/test/views";
import { assistantState } from "./assistant-state";
import { backoff } from "./backoff";
import { clearDrafts, loadDraft, saveDraft } from "./drafts";
import { randomKey } from "./id";
import { previewOf } from "./message-kind";
import { safeNext } from "./next";
import { nextAction, pairingButton, seatState } from "./seat-state";

test("waits double up to 15 s and are spread over their upper half", () => {
  expect([0, 1, 2, 9].map((attempt) => backoff(attempt, () => 1))).toEqual([500, 1000, 2000, 5000]);
  expect(backoff(1, () => 0)).toBe(500);
});

test("drafts are kept by conversation until they are cleared", () => {
  saveDraft("c1", "Dear");
  saveDraft("c2", "Hi");
  saveDraft("c2", "");
  localStorage.setItem("other", "stays");
  expect([loadDraft("c1"), loadDraft("c2")]).toEqual(["Dear", ""]);
  clearDrafts();
  expect([loadDraft("c1"), localStorage.getItem("other")]).toEqual(["", "stays"]);
});

test("keys differ", () => {
  expect(randomKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(randomKey()).not.toBe(randomKey());
});

test.each([
  ["/seats/s1/pair?x=1", "/seats/s1/pair?x=1"],
  [null, "/conversations"],
  ["https://evil.example", "/conversations"],
  ["//evil.example", "/conversations"],
  ["/\\evil.example", "/conversations"],
  ["/sign-in?next=/sign-in", "/conversations"],
])("after the sign-in %s leads to %s", (next, path) => {
  expect(safeNext(next)).toBe(path);
});

describe("what the AI does", () => {
  const now = new Date("2026-03-10T08:00:00Z");
  const kind = (assistant: Partial<ReturnType<typeof aConversation>["assistant"]>, configured = true) =>
    assistantState(
      aConversation({ assistant: { enabled: true, replying: false, ...assistant } }),
      configured,
      now,
    ).kind;
  test("the most pressing comes first", () => {
    expect(kind({})).toBe("on");
    expect(kind({ replying: true })).toBe("writing");
    expect(kind({ replying: true, paused_until: "2026-03-10T09:00:00Z" })).toBe("paused");
    expect(kind({ paused_until: "2026-03-10T07:00:00Z" })).toBe("on");
    expect(kind({ enabled: false, paused_until: "2026-03-10T09:00:00Z" })).toBe("off");
    expect(kind({}, false)).toBe("unavailable");
    expect(kind({ enabled: false, needs_person: "Asks for the agent." }, false)).toBe("needs-person");
  });
});

describe("a seat's state", () => {
  test("says in up to three words what it is", () => {
    expect(seatState(aSeat())).toEqual({ label: "Connected", tone: "good" });
    expect(seatState(aSeat({ state: "retrying" })).tone).toBe("busy");
    expect(seatState(aSeat({ state: "stopped" })).tone).toBe("off");
    expect(seatState(aSeat({ state: "stopped", linked: false })).label).toBe("Not linked yet");
    const timedOut = aSeat({ state: "stopped", linked: false });
    timedOut.status = { ...timedOut.status, reason: "pairing_timed_out", actor: "person" };
    expect(seatState(timedOut).tone).toBe("attention");
  });
  test("says what pairing waits for", () => {
    const pairing = (reason?: string) => {
      const seat = aSeat({ state: "pairing", linked: false });
      seat.status = { ...seat.status, reason };
      return [seatState(seat).label, pairingButton(seat)];
    };
    expect(pairing()).toEqual(["Waiting for scan", "Show the QR code"]);
    expect(pairing("type_code")).toEqual(["Waiting for the code", "Show the code"]);
    expect(pairing("passkey_required")).toEqual(["Waiting for a passkey", "Use the passkey"]);
    expect(pairing("confirm_code")).toEqual(["Compare the codes", "Compare the codes"]);
  });
  test("leads to the next thing to do", () => {
    expect(nextAction(aSeat())).toBeNull();
    expect(nextAction(aSeat({ state: "stopped" }))).toBe("start");
    expect(nextAction(aSeat({ state: "logged_out", linked: false }))).toBe("pair");
    expect(nextAction(aSeat({ state: "pairing", linked: false }))).toBe("show-code");
  });
});

test.each([
  [{ text: "two\nlines" }, "two lines"],
  [{ kind: "image", text: "" }, "Photo"],
  [{ kind: "image", text: "the kitchen" }, "Photo: the kitchen"],
  [{ kind: "reaction", text: "👍" }, "Reacted 👍"],
  [{ kind: "revoke", text: "" }, "Deleted a message"],
  [{ text: "At ten?", sender: { contact: "k1", name: "Thandi" } }, "Thandi: At ten?"],
  [{ text: "At ten?", sender: { contact: "k1", phone: "27825550201" } }, "+27 82 555 0201: At ten?"],
  [{ kind: "hologram", text: "" }, "Message of a kind that can't be shown yet"],
])("the preview of %o is %s", (change, preview) => {
  expect(previewOf(aMessage(change))).toBe(preview);
});
