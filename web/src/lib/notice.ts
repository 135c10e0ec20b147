import type { components } from "@/api/schema";
import { phoneNumber } from "./phone";

type Notice = components["schemas"]["Notice"];

/** What happened to a room, as a sentence. by is who did it, if that is known. */
export function noticeSentence(notice: Notice, by: string): string {
  const who = notice.from_me ? "You" : by || "Somebody";
  const people = [
    ...(notice.self ? ["you"] : []),
    ...(notice.people ?? []).map((p) => p.name || phoneNumber(p.phone) || "somebody"),
  ];
  const them = people.join(", ") || "somebody";
  const off = notice.value === "off";
  switch (notice.code) {
    case "created":
      return `${who} created this group`;
    case "added":
      return `${who} added ${them}`;
    case "joined":
      return `${capital(them)} joined`;
    case "removed":
      return `${who} removed ${them}`;
    case "left":
      return `${capital(them)} left`;
    case "promoted":
      return `${capital(them)} became an admin`;
    case "demoted":
      return `${capital(them)} is no longer an admin`;
    case "subject":
      return `${who} changed the subject to “${notice.value ?? ""}”`;
    case "description":
      return notice.value ? `${who} changed the description` : `${who} removed the description`;
    case "announce":
      return off ? "Everybody can write again" : "Only admins can write now";
    case "locked":
      return off ? "Everybody can change the group's info" : "Only admins can change the group's info";
    case "approval":
      return "How people join was changed";
    case "timer":
      return notice.value === "0" || !notice.value
        ? "Messages no longer disappear"
        : "Messages disappear after a while now";
    case "link":
      return "The invite link was renewed";
    case "requested":
      return `${capital(them)} asked to join`;
    case "withdrawn":
      return "A request to join was withdrawn";
    case "suspended":
      return off ? "WhatsApp reopened this group" : "WhatsApp closed this group";
    case "deleted":
      return "This group was deleted";
    default:
      return "Something about this group changed";
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
