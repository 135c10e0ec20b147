import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { conversationsQuery } from "@/services/conversations";
import { seatsQuery } from "@/services/seats";

/** What waits for a person at each place, as a number and as words. */
export function useBadges(): Record<string, { count: number; label: string } | undefined> {
  const conversations = useInfiniteQuery(conversationsQuery({}));
  const seats = useQuery(seatsQuery);
  const unread = (conversations.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((item) => item.unread > 0).length;
  const stuck = (seats.data ?? []).filter(
    ({ status }) => status.actor === "person" && status.state !== "stopped" && status.state !== "pairing",
  ).length;
  return {
    "/conversations": unread > 0 ? { count: unread, label: `${unread} unread` } : undefined,
    "/seats": stuck > 0 ? { count: stuck, label: `${stuck} need you` } : undefined,
  };
}
