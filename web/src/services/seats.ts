import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Seat } from "@/api/types";
import { keys } from "./keys";

/** All seats, in the order in which they were made. */
export const seatsQuery = queryOptions({
  queryKey: keys.seats,
  queryFn: async ({ signal }): Promise<Seat[]> => (await take(api.GET("/v1/seats", { signal }))).items,
});

/** What a person can have a seat do. */
export type SeatAction = "pair" | "start" | "stop";

export function useCreateSeat() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: (name: string) => take(api.POST("/v1/seats", { body: { name } })),
    onSuccess: put,
  });
}

export function useSeatAction() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: ({ seat, action }: { seat: string; action: SeatAction }) => {
      const params = { params: { path: { seat } } };
      if (action === "pair") return take(api.POST("/v1/seats/{seat}/pair", params));
      if (action === "start") return take(api.POST("/v1/seats/{seat}/start", params));
      return take(api.POST("/v1/seats/{seat}/stop", params));
    },
    onSuccess: put,
  });
}

export function useRenameSeat() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: ({ seat, name }: { seat: string; name: string }) =>
      take(api.PATCH("/v1/seats/{seat}", { params: { path: { seat } }, body: { name } })),
    onSuccess: put,
  });
}

export function useRemoveSeat() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (seat: string) => take(api.DELETE("/v1/seats/{seat}", { params: { path: { seat } } })),
    onSuccess: (_, removed) => {
      cache.setQueryData<Seat[]>(keys.seats, (seats) => seats?.filter((seat) => seat.id !== removed));
      void cache.invalidateQueries({ queryKey: keys.conversationLists });
    },
  });
}

/** Puts an answered seat into the list, unless a live event has already brought a newer state of it. */
function usePutSeat() {
  const cache = useQueryClient();
  return (seat: Seat) => {
    cache.setQueryData<Seat[]>(keys.seats, (seats) => {
      if (!seats) return seats;
      const known = seats.find((other) => other.id === seat.id);
      if (!known) return [...seats, seat];
      const newer = new Date(known.status.since) > new Date(seat.status.since);
      const merged = newer ? { ...known, name: seat.name } : seat;
      return seats.map((other) => (other.id === seat.id ? merged : other));
    });
  };
}
