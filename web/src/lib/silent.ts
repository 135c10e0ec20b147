import type { Conversation } from "@/api/types";

/** Why a conversation can't be written in from its seat, for people; nothing if it can. */
export function silentBecause({ type, room }: Pick<Conversation, "type" | "room">): string | undefined {
  const admin = room?.role === "admin" || room?.role === "superadmin";
  switch (type) {
    case "channel":
      return admin ? undefined : "Only the channel's admins write here.";
    case "group":
      if (!room?.known || admin) return undefined;
      if (!room.role) return "This number is not in the group any more.";
      return room.announce ? "Only the group's admins write here." : undefined;
    case "broadcast":
      return "A broadcast list is written to on the phone.";
    default:
      return undefined;
  }
}
