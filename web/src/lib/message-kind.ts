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
};

/** What a message other than text is called. */
export function kindName(kind: string): string {
  return names[kind] ?? "Message of a kind that can't be shown yet";
}

/** A message in one line, for lists. */
export function previewOf(message: Message): string {
  const text = message.text.replace(/\s+/g, " ").trim();
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
