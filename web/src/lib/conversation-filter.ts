import type { Conversation } from "@/api/types";

/** Which conversations a list shows. */
export interface ConversationFilter {
  seat?: string;
  /** A label is of one seat. */
  label?: string;
}

/** Reads the filter from a page's address. */
export function filterOf(search: URLSearchParams): ConversationFilter {
  return { seat: search.get("seat") ?? undefined, label: search.get("label") ?? undefined };
}

/** The address of the list as it is filtered, or of one of its conversations. */
export function conversationPath({ seat, label }: ConversationFilter, open?: string): string {
  const search = new URLSearchParams();
  if (seat) search.set("seat", seat);
  if (label) search.set("label", label);
  return `/conversations${open ? `/${open}` : ""}${search.size > 0 ? `?${search}` : ""}`;
}

/** Whether a conversation belongs into a list. */
export function belongs({ seat, label }: ConversationFilter, conversation: Conversation): boolean {
  if (seat && conversation.seat !== seat) return false;
  return !label || (conversation.labels ?? []).includes(label);
}
