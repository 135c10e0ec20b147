import type { InfiniteData, Query, QueryClient, QueryKey } from "@tanstack/react-query";
import type { Conversation, History, Label, Message, Page, Pairing, Seat } from "@/api/types";
import { belongs, type ConversationFilter } from "@/lib/conversation-filter";
import { amends } from "@/lib/message-kind";
import { keys } from "@/services/keys";
import type { LiveEvent } from "./frames";

type Pages<T> = InfiniteData<Page<T>, string | undefined>;

/**
 * Patches what is cached with what an event tells, so that pages change
 * without asking the server again.
 */
export function applyEvent(cache: QueryClient, event: LiveEvent): void {
  switch (event.kind) {
    case "seat.created":
    case "seat.updated":
    case "seat.state":
      putSeat(cache, event.data);
      break;
    case "seat.removed":
      removeSeat(cache, event.data.id);
      break;
    case "seat.pairing":
      putPairing(cache, event.data);
      break;
    case "seat.history":
      putHistory(cache, event.data);
      break;
    case "message.created":
      putMessage(cache, event.data);
      putPreview(cache, event.data);
      break;
    case "message.updated":
      putMessage(cache, event.data);
      changePreview(cache, event.data);
      break;
    case "conversation.updated":
      putConversation(cache, event.data);
      break;
    case "label.updated":
      putLabel(cache, event.data);
      break;
    case "assistant.updated":
      cache.setQueryData(keys.assistant, event.data);
  }
}

function putSeat(cache: QueryClient, seat: Seat): void {
  cache.setQueryData<Seat[]>(keys.seats, (seats) => {
    if (!seats) return seats;
    const old = seats.find((other) => other.id === seat.id);
    if (!old) return [...seats, seat];
    // State events may come without the code that is still on show.
    const pairing = seat.status.state === "pairing" ? (seat.pairing ?? old.pairing) : undefined;
    return seats.map((other) => (other.id === seat.id ? { ...seat, pairing } : other));
  });
}

function removeSeat(cache: QueryClient, id: string): void {
  cache.setQueryData<Seat[]>(keys.seats, (seats) => seats?.filter((seat) => seat.id !== id));
  void cache.invalidateQueries({ queryKey: keys.conversationLists });
}

function putLabel(cache: QueryClient, label: Label): void {
  cache.setQueryData<Label[]>(keys.labels(label.seat), (labels) => {
    if (!labels || (label.deleted && !labels.some(({ id }) => id === label.id))) return labels;
    const others = labels.filter(({ id }) => id !== label.id);
    if (label.deleted || !label.name) return others;
    return [...others, label].sort((a, b) => (a.id < b.id ? -1 : 1));
  });
}

function putPairing(cache: QueryClient, pairing: Pairing): void {
  cache.setQueryData<Seat[]>(keys.seats, (seats) =>
    seats?.map((seat) => (seat.id === pairing.seat ? { ...seat, pairing } : seat)),
  );
}

/** Shows how far a seat's past is. Imported messages are told by no event of their own, so open threads of the seat are read anew. */
function putHistory(cache: QueryClient, history: History): void {
  cache.setQueryData<Seat[]>(keys.seats, (seats) =>
    seats?.map((seat) => (seat.id === history.seat ? { ...seat, history } : seat)),
  );
  void cache.invalidateQueries({
    queryKey: keys.allMessages,
    predicate: (query) => isOfSeat(query, history.seat),
  });
}

/** Whether a query holds messages of a seat. An empty thread may be any seat's. */
function isOfSeat(query: Query, seat: string): boolean {
  const first = (query.state.data as Pages<Message> | undefined)?.pages[0]?.items[0];
  return !first || first.seat === seat;
}

/** Puts a message where it belongs in its thread, if that is loaded, or in the place of its older state. */
export function putMessage(cache: QueryClient, message: Message): void {
  mergeMessage(cache, message, () => true);
}

/**
 * Puts the answer to a request there. Live events may have been quicker than
 * the answer, so it replaces nothing but a failure that was tried again.
 */
export function putAnsweredMessage(cache: QueryClient, message: Message): void {
  mergeMessage(cache, message, (known) => known.delivery === "failed");
}

function mergeMessage(cache: QueryClient, message: Message, replaces: (known: Message) => boolean): void {
  cache.setQueryData<Pages<Message>>(keys.messages(message.conversation), (data) => {
    if (!data) return data;
    if (message.hidden) return without(data, message.id);
    const known = itemIn(data, message.id);
    if (!known) return insert(data, message);
    if (!replaces(known)) return data;
    if (known.at !== message.at || known.seq !== message.seq)
      return insert(without(data, message.id), message);
    return mapItems(data, (other) => (other.id === message.id ? message : other));
  });
}

function itemIn<T extends { id: string }>(data: Pages<T>, id: string): T | undefined {
  return data.pages.flatMap((page) => page.items).find((item) => item.id === id);
}

function without<T extends { id: string }>(data: Pages<T>, id: string): Pages<T> {
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) }));
  return { ...data, pages };
}

/** Newest first: a message goes before the first that is older. One that is older than all loaded is left to the next page. */
function insert(data: Pages<Message>, message: Message): Pages<Message> {
  const pages = data.pages.map((page) => ({ ...page, items: [...page.items] }));
  for (const [number, page] of pages.entries()) {
    const at = page.items.findIndex((other) => compare(message, other) > 0);
    const last = number === pages.length - 1 && !page.next_cursor;
    if (at >= 0 || last) {
      page.items.splice(at >= 0 ? at : page.items.length, 0, message);
      return { ...data, pages };
    }
  }
  return data;
}

/** Orders messages: positive if a is newer than b. */
export function compare(a: Message, b: Message): number {
  return new Date(a.at).getTime() - new Date(b.at).getTime() || a.seq - b.seq;
}

function putPreview(cache: QueryClient, message: Message): void {
  if (message.hidden || message.delivery === "scheduled") return;
  const counts = message.direction === "in" && !message.history && !amends(message.kind);
  const patch = (conversation: Conversation): Conversation => {
    const last = conversation.last_message;
    // The list may have been loaded after the event happened: then it has counted it.
    if (last && last.seq >= message.seq) return conversation;
    const newest = !last || compare(message, last) > 0;
    return {
      ...conversation,
      unread: conversation.unread + (counts ? 1 : 0),
      last_message: newest ? message : last,
      last_message_at: newest ? message.at : conversation.last_message_at,
    };
  };
  const known = cache.getQueryData<Conversation>(keys.conversation(message.conversation));
  if (known) cache.setQueryData(keys.conversation(message.conversation), patch(known));
  patchLists(cache, message.conversation, patch);
}

function changePreview(cache: QueryClient, message: Message): void {
  patchLists(
    cache,
    message.conversation,
    (conversation) =>
      conversation.last_message?.id === message.id
        ? { ...conversation, last_message: message }
        : conversation,
    false,
  );
}

export function putConversation(cache: QueryClient, conversation: Conversation): void {
  cache.setQueryData(keys.conversation(conversation.id), conversation);
  const { id } = conversation;
  for (const [key, data] of cache.getQueriesData<Pages<Conversation>>({ queryKey: keys.conversationLists })) {
    const filter = key[1] as ConversationFilter;
    if (belongs(filter, conversation)) patchList(cache, key, data, id, () => conversation);
    else if (data && itemIn(data, id)) cache.setQueryData(key, without(data, id));
  }
}

/** Changes a conversation in every list that has it and sorts those anew; a list that lacks it is asked for again. */
function patchLists(
  cache: QueryClient,
  id: string,
  patch: (conversation: Conversation) => Conversation,
  askIfMissing = true,
): void {
  for (const [key, data] of cache.getQueriesData<Pages<Conversation>>({ queryKey: keys.conversationLists })) {
    patchList(cache, key, data, id, patch, askIfMissing);
  }
}

function patchList(
  cache: QueryClient,
  key: QueryKey,
  data: Pages<Conversation> | undefined,
  id: string,
  patch: (conversation: Conversation) => Conversation,
  askIfMissing = true,
): void {
  if (!data) return;
  const found = itemIn(data, id);
  if (!found) {
    if (askIfMissing) void cache.invalidateQueries({ queryKey: key, exact: true });
    return;
  }
  const changed = patch(found);
  if (changed !== found) cache.setQueryData(key, replaceSorted(data, changed));
}

function replaceSorted(data: Pages<Conversation>, changed: Conversation): Pages<Conversation> {
  const all = data.pages
    .flatMap((page) => page.items)
    .map((other) => (other.id === changed.id ? changed : other));
  all.sort((a, b) => new Date(b.last_message_at).getTime() - new Date(a.last_message_at).getTime());
  let next = 0;
  const pages = data.pages.map((page) => {
    const items = all.slice(next, next + page.items.length);
    next += page.items.length;
    return { ...page, items };
  });
  return { ...data, pages };
}

function mapItems<T>(data: Pages<T>, change: (item: T) => T): Pages<T> {
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(change) })) };
}
