import type { ConversationFilter } from "@/lib/conversation-filter";

/** The names of what is cached. Every query and every live event goes through here. */
export const keys = {
  me: ["me"] as const,
  status: ["status"] as const,
  assistant: ["assistant"] as const,
  settings: ["settings"] as const,
  seats: ["seats"] as const,
  seatSending: (seat: string) => ["seat-sending", seat] as const,
  /** All lists of conversations, whatever their filter. */
  conversationLists: ["conversations"] as const,
  conversations: (filter: ConversationFilter) =>
    ["conversations", { seat: filter.seat ?? "", label: filter.label ?? "" }] as const,
  /** The labels of a seat. */
  labels: (seat: string) => ["labels", seat] as const,
  conversation: (id: string) => ["conversation", id] as const,
  /** What the people of all conversations do at the moment. */
  presences: ["presence"] as const,
  presence: (conversation: string) => ["presence", conversation] as const,
  /** The messages of all conversations. */
  allMessages: ["messages"] as const,
  messages: (conversation: string) => ["messages", conversation] as const,
  /** The links to all files. */
  mediaLinks: ["media-link"] as const,
  mediaLink: (id: string) => ["media-link", id] as const,
  /** The texts on their way in all conversations. */
  sendings: ["sending"] as const,
  sending: (conversation: string) => ["sending", conversation] as const,
};
