import type { Message } from "@/api/types";
import { phoneNumber } from "./phone";

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
  call: "Call",
  notice: "Something changed",
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

/** How long a phone keeps messages for its linked devices: as long as it is asked for one. */
const PHONE_KEEPS = 14 * 24 * 60 * 60 * 1000;

/** Whether only the phone shows a message, once. */
export function onPhoneOnly({ kind, content }: Message): boolean {
  return kind === "waiting" && content?.view_once === true;
}

/** Whether a message that could not be decrypted will never come. */
export function isLost({ kind, at, content }: Message): boolean {
  return kind === "waiting" && !content?.view_once && Date.now() - Date.parse(at) > PHONE_KEEPS;
}

/** What stands in place of a message other than text. */
export function placeholderOf(message: Message): string {
  if (onPhoneOnly(message)) return "To be seen once. Open it on the phone.";
  return isLost(message)
    ? "This message never arrived. Ask for it to be sent again."
    : kindName(message.kind);
}

/** Who wrote a message in a room; nothing in a direct conversation. */
export function senderName({ sender }: Message): string {
  if (!sender) return "";
  return sender.name || (sender.phone ? phoneNumber(sender.phone) : "") || "Somebody";
}

/** A message in one line, for lists; in a room with who wrote it. */
export function previewOf(message: Message): string {
  const said = summary(message);
  const by = message.direction === "in" && message.author === "lead" ? senderName(message) : "";
  return by ? `${by}: ${said}` : said;
}

function summary(message: Message): string {
  const text = message.text.replace(/\s+/g, " ").trim();
  if (message.revoked_at) return "This message was deleted";
  if (message.kind === "text") return text;
  if (message.kind === "reaction") return text ? `Reacted ${text}` : "Took a reaction back";
  if (message.kind === "revoke") return "Deleted a message";
  if (message.kind === "edit") return `Edited: ${text}`;
  return text ? `${kindName(message.kind)}: ${text}` : placeholderOf(message);
}

const authors: Record<Message["author"], string> = {
  lead: "Lead",
  phone: "From the phone",
  user: "You or a colleague",
  assistant: "Assistant",
  system: "WhatsApp",
};

/** Who wrote a message, for people: by name if it was a user. */
export function authorName({ author, sent_by }: Message): string {
  return sent_by || authors[author];
}
