import type { Conversation, History, Message, Seat } from "@/api/types";

/** Views for tests, with what the test cares about. */

export function aMessage(change: Partial<Message> = {}): Message {
  return {
    id: "m1",
    whatsapp_id: `W-${change.id ?? "m1"}`,
    seat: "s1",
    conversation: "c1",
    direction: "in",
    author: "lead",
    kind: "text",
    text: "Hello",
    delivery: "received",
    at: "2026-03-10T08:00:00Z",
    seq: 1,
    ...change,
  };
}

export function aConversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: "c1",
    seat: "s1",
    type: "direct",
    contact: { id: "p1", name: "Naledi Khumalo", phone: "27825550142" },
    unread: 0,
    last_message_at: "2026-03-10T08:00:00Z",
    assistant: { enabled: true, replying: false },
    ...change,
  };
}

export function aHistory(change: Partial<History> = {}): History {
  return { seat: "s1", phase: "initial", percent: 0, done: false, conversations: 0, messages: 0, ...change };
}

export function aSeat(change: Partial<Seat> & { state?: Seat["status"]["state"] } = {}): Seat {
  const { state = "connected", ...rest } = change;
  return {
    id: "s1",
    name: "Sales",
    linked: true,
    presence: "unavailable",
    created_at: "2026-03-01T08:00:00Z",
    reconnects_today: 0,
    status: { state, sentence: "A sentence.", actor: "nobody", since: "2026-03-10T08:00:00Z" },
    ...rest,
  };
}
