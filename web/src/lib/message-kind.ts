import type { Message } from "@/api/types";

const names: Record<string, string> = {
  image: "Photo",
  video: "Video",
  audio: "Audio",
  voice: "Voice message",
  document: "Document",
  sticker: "Sticker",
  location: "Location",
  contact: "Contact card",
  poll: "Poll",
  reaction: "Reaction",
  edit: "Edited message",
  revoke: "Deleted message",
  vote: "Vote in a poll",
  waiting: "Waiting for this message. This may take a while.",
};

/** Whether messages of the kind change another one and show there. */
export function amends(kind: string): boolean {
  return kind === "reaction" || kind === "edit" || kind === "revoke" || kind === "vote";
}

/** What a message other than text is called. */
export function kindName(kind: string): string {
  return names[kind] ?? "Message of a kind that can't be shown yet";
}

/** A message in one line, for lists. */
export function previewOf(message: Message): string {
  const text = message.text.replace(/\s+/g, " ").trim();
  if (message.revoked_at) return "This message was deleted";
  if (message.kind === "text") return text;
  if (message.kind === "reaction") return text ? `Reacted ${text}` : "Took a reaction back";
  if (message.kind === "revoke") return "Deleted a message";
  if (message.kind === "edit") return `Edited: ${text}`;
  return text ? `${kindName(message.kind)}: ${text}` : kindName(message.kind);
}

const authors: Record<Message["author"], string> = {
  lead: "Lead",
  phone: "From the phone",
  user: "You or a colleague",
  assistant: "Assistant",
};

/** Who wrote a message, for people. */
export function authorName(author: Message["author"]): string {
  return authors[author];
}
