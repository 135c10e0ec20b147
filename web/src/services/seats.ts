import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { PasskeyAnswer, Seat, Sending, SendingSettings } from "@/api/types";
import { keys } from "./keys";

/** All seats, in the order in which they were made. What their connections did last comes with no event. */
export const seatsQuery = queryOptions({
  queryKey: keys.seats,
  refetchInterval: 60_000,
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
    mutationFn: ({ seat, action, phone }: { seat: string; action: SeatAction; phone?: string }) => {
      const params = { params: { path: { seat } } };
      if (action === "pair") return take(api.POST("/v1/seats/{seat}/pair", { ...params, body: { phone } }));
      if (action === "start") return take(api.POST("/v1/seats/{seat}/start", params));
      return take(api.POST("/v1/seats/{seat}/stop", params));
    },
    onSuccess: put,
  });
}

/** Answers WhatsApp's question for the passkey of the account that is being linked. */
export function useAnswerPasskey() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: ({ seat, answer }: { seat: string; answer: PasskeyAnswer }) =>
      take(api.POST("/v1/seats/{seat}/passkey", { params: { path: { seat } }, body: answer })),
    onSuccess: put,
  });
}

/** Says that the code here and the one on the phone are the same. */
export function useConfirmPasskey() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: (seat: string) =>
      take(api.POST("/v1/seats/{seat}/passkey/confirm", { params: { path: { seat } } })),
    onSuccess: put,
  });
}

export function useSetProxy() {
  const put = usePutSeat();
  return useMutation({
    mutationFn: ({ seat, url }: { seat: string; url: string }) =>
      take(api.PUT("/v1/seats/{seat}/proxy", { params: { path: { seat } }, body: { url } })),
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

/** How fast a seat sends, and what it has sent lately. */
export const sendingQuery = (seat: string) =>
  queryOptions({
    queryKey: keys.seatSending(seat),
    queryFn: ({ signal }): Promise<Sending> =>
      take(api.GET("/v1/seats/{seat}/sending", { params: { path: { seat } }, signal })),
    staleTime: 0, // it counts on
  });

export function useSetSending() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ seat, settings }: { seat: string; settings: SendingSettings }) =>
      take(api.PUT("/v1/seats/{seat}/sending", { params: { path: { seat } }, body: settings })),
    onSuccess: (sending, { seat }) => cache.setQueryData(keys.seatSending(seat), sending),
  });
}

/** Says when a seat appears online; how else it behaves stays as it is. The seat itself comes as an event. */
export function useSetPresence() {
  return useMutation({
    mutationFn: async ({ seat, presence }: { seat: string; presence: Seat["presence"] }) => {
      const params = { path: { seat } };
      const { reject_calls, reject_text } = await take(api.GET("/v1/seats/{seat}/settings", { params }));
      const body = { presence, reject_calls, reject_text };
      return take(api.PUT("/v1/seats/{seat}/settings", { params, body }));
    },
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
      const merged = newer ? { ...known, name: seat.name, proxy: seat.proxy } : seat;
      return seats.map((other) => (other.id === seat.id ? merged : other));
    });
  };
}
