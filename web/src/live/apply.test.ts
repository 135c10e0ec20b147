import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Conversation, Message, Page, Seat } from "@/api/types";
import { keys } from "@/services/keys";
import { aConversation, aHistory, aMessage, aSeat } from "@/test/views";
import { applyEvent, putAnsweredMessage } from "./apply";
import type { LiveEvent } from "./frames";

let cache: QueryClient;
const infinite = <T>(...pages: Page<T>[]) => ({ pages, pageParams: pages.map(() => undefined) });
const happen = (kind: LiveEvent["kind"], data: unknown, seq = 100) =>
  applyEvent(cache, { seq, kind, data } as LiveEvent);
const thread = () =>
  cache
    .getQueryData<{ pages: Page<Message>[] }>(keys.messages("c1"))
    ?.pages.map((page) => page.items.map(({ id }) => id));
const list = () =>
  cache
    .getQueryData<{ pages: Page<Conversation>[] }>(keys.conversations({}))
    ?.pages.flatMap((page) => page.items) ?? [];

beforeEach(() => {
  cache = new QueryClient();
  cache.setQueryData(keys.seats, [aSeat()]);
  cache.setQueryData(
    keys.messages("c1"),
    infinite(
      { items: [aMessage({ id: "m9", seq: 9, at: "2026-03-10T09:00:00Z" })], next_cursor: "older" },
      { items: [aMessage({ id: "m5", seq: 5, at: "2026-03-10T05:00:00Z" })], next_cursor: "still older" },
    ),
  );
  cache.setQueryData(
    keys.conversations({}),
    infinite<Conversation>(
      { items: [aConversation({ id: "c2", last_message_at: "2026-03-10T10:00:00Z" })], next_cursor: "x" },
      {
        items: [
          aConversation({
            id: "c1",
            last_message: aMessage({ id: "m9", seq: 9, at: "2026-03-10T09:00:00Z" }),
          }),
        ],
        next_cursor: "",
      },
    ),
  );
});

describe("message.created", () => {
  test("goes to the thread, the list's top and the unread count", () => {
    happen("message.created", aMessage({ id: "m11", seq: 11, text: "New", at: "2026-03-10T11:00:00Z" }));
    expect(thread()).toEqual([["m11", "m9"], ["m5"]]);
    expect(list().map(({ id, unread }) => [id, unread])).toEqual([
      ["c1", 1],
      ["c2", 0],
    ]);
    expect(list()[0]?.last_message?.text).toBe("New");
  });

  test("counts nothing twice, nor what is ours or history", () => {
    const message = aMessage({ id: "m11", seq: 11, at: "2026-03-10T11:00:00Z" });
    happen("message.created", message);
    happen("message.created", message);
    happen(
      "message.created",
      aMessage({ id: "m12", seq: 12, direction: "out", author: "user", at: "2026-03-10T11:01:00Z" }),
    );
    happen("message.created", aMessage({ id: "m1", seq: 13, history: true, at: "2026-01-10T11:01:00Z" }));
    expect(thread()).toEqual([["m12", "m11", "m9"], ["m5"]]);
    expect(list()[0]).toMatchObject({ id: "c1", unread: 1, last_message: { id: "m12" } });
  });

  test("finds its place between loaded pages and leaves older ones to them", () => {
    happen("message.created", aMessage({ id: "m7", seq: 20, at: "2026-03-10T07:00:00Z" }));
    happen("message.created", aMessage({ id: "m3", seq: 21, at: "2026-03-10T03:00:00Z" }));
    expect(thread()).toEqual([["m9"], ["m7", "m5"]]);
  });

  test("of an unknown conversation has the list asked for again", () => {
    const ask = vi.spyOn(cache, "invalidateQueries");
    happen("message.created", aMessage({ conversation: "c3", seq: 30 }));
    expect(ask).toHaveBeenCalledWith({ queryKey: keys.conversations({}), exact: true });
  });
});

test("message.updated moves the ticks in thread and list", () => {
  happen(
    "message.updated",
    aMessage({ id: "m9", seq: 9, direction: "out", delivery: "read", at: "2026-03-10T09:00:00Z" }),
  );
  expect(list()[1]?.last_message?.delivery).toBe("read");
  const [page] = cache.getQueryData<{ pages: Page<Message>[] }>(keys.messages("c1"))?.pages ?? [];
  expect(page?.items[0]?.delivery).toBe("read");
});

test("an answer that comes after its events changes nothing", () => {
  const sent = aMessage({ id: "m11", seq: 11, direction: "out", author: "user", at: "2026-03-10T11:00:00Z" });
  happen("message.created", { ...sent, delivery: "queued" });
  happen("message.updated", { ...sent, delivery: "delivered" });
  putAnsweredMessage(cache, { ...sent, delivery: "queued" });
  const [page] = cache.getQueryData<{ pages: Page<Message>[] }>(keys.messages("c1"))?.pages ?? [];
  expect(page?.items.map(({ id, delivery }) => [id, delivery])).toEqual([
    ["m11", "delivered"],
    ["m9", "received"],
  ]);
});

test("conversation.updated replaces it in every list", () => {
  happen(
    "conversation.updated",
    aConversation({ id: "c1", unread: 0, assistant: { enabled: false, replying: false } }),
  );
  expect(list().find(({ id }) => id === "c1")?.assistant.enabled).toBe(false);
});

describe("seats", () => {
  const seats = () => cache.getQueryData<Seat[]>(keys.seats);
  const pairing = { seat: "s1", code: "c", png: "data:", expires_at: "2026-03-10T08:01:00Z" };

  test("a code shows while the seat is pairing and goes with it", () => {
    happen("seat.state", aSeat({ state: "pairing" }));
    happen("seat.pairing", pairing);
    expect(seats()?.[0]?.pairing?.png).toBe("data:");
    happen("seat.updated", aSeat({ state: "pairing", name: "Renamed" }));
    expect(seats()?.[0]).toMatchObject({ name: "Renamed", pairing });
    happen("seat.state", aSeat({ state: "connected" }));
    expect(seats()?.[0]?.pairing).toBeUndefined();
  });

  test("the progress of the past shows on its seat, and reads open threads anew", () => {
    happen("seat.history", aHistory({ percent: 30 }));
    expect(seats()?.[0]?.history?.percent).toBe(30);
  });

  test("come and go", () => {
    happen("seat.created", aSeat({ id: "s2" }));
    expect(seats()?.map(({ id }) => id)).toEqual(["s1", "s2"]);
    happen("seat.removed", aSeat({ id: "s1" }));
    expect(seats()?.map(({ id }) => id)).toEqual(["s2"]);
  });
});

describe("a list with a filter", () => {
  const labelled = () =>
    cache
      .getQueryData<{ pages: Page<Conversation>[] }>(keys.conversations({ label: "l1" }))
      ?.pages.flatMap((page) => page.items.map(({ id }) => id));

  beforeEach(() => {
    const items = [aConversation({ id: "c1", labels: ["l1"] })];
    cache.setQueryData(
      keys.conversations({ label: "l1" }),
      infinite<Conversation>({ items, next_cursor: "" }),
    );
  });

  test("loses what doesn't belong to it any more", () => {
    happen("conversation.updated", aConversation({ id: "c1", labels: ["l2"] }));
    expect(labelled()).toEqual([]);
    expect(list().map(({ id }) => id)).toContain("c1");
  });

  test("is asked for again only for what belongs to it", () => {
    const ask = vi.spyOn(cache, "invalidateQueries");
    happen("conversation.updated", aConversation({ id: "c2" }));
    expect(ask).not.toHaveBeenCalled();
    happen("conversation.updated", aConversation({ id: "c2", labels: ["l1"] }));
    expect(ask).toHaveBeenCalledExactlyOnceWith({
      queryKey: keys.conversations({ label: "l1" }),
      exact: true,
    });
  });
});

test("label.updated adds, renames and removes a label", () => {
  const label = (id: string, name: string) => ({ id, seat: "s1", name, color: 0 });
  cache.setQueryData(keys.labels("s1"), [label("l1", "Hot")]);
  happen("label.updated", label("l2", "Cold"));
  happen("label.updated", label("l1", "Warm"));
  expect(cache.getQueryData(keys.labels("s1"))).toEqual([label("l1", "Warm"), label("l2", "Cold")]);
  happen("label.updated", { ...label("l1", ""), deleted: true });
  expect(cache.getQueryData(keys.labels("s1"))).toEqual([label("l2", "Cold")]);
});
