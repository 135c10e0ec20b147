import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { asProblem, problemOf } from "@/api/problem";

/** The demo's own calls: not part of the API, and mounted by `aibud demo` alone. */

export interface Person {
  number: string;
  name: string;
}

export interface DemoSeat {
  id: string;
  name: string;
  phone: string;
  state: string;
  /** The number of the phone that a code on the dashboard is for; absent if it shows a QR code. */
  code_for?: string;
}

export interface DemoState {
  leads: Person[];
  seats: DemoSeat[];
  /** Phones that can be linked to a seat. */
  spare: Person[];
}

export interface PhoneMessage {
  id: string;
  /** The other side's number. */
  with: string;
  from_me: boolean;
  text: string;
  kind: string;
  at: string;
  receipt: "sent" | "delivered" | "read" | "";
  /** Nobody has looked at it on this phone. */
  unread: boolean;
}

export interface PhoneMessages {
  items: PhoneMessage[];
  /** The numbers that are typing to this lead. */
  typing: string[];
}

async function call<T>(path: string, body?: unknown): Promise<T> {
  const request = body === undefined ? undefined : { method: "POST", body: JSON.stringify(body), headers };
  const response = await fetch(path, request).catch((error: unknown) => {
    throw asProblem(error);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(answer, response.status);
  return answer as T;
}

const headers = { "Content-Type": "application/json" };

export const stateQuery = queryOptions({
  queryKey: ["demo", "state"],
  queryFn: () => call<DemoState>("/demo/api/state"),
  refetchInterval: 2000,
});

export const phoneQuery = (lead: string) =>
  queryOptions({
    queryKey: ["demo", "messages", lead],
    queryFn: () => call<PhoneMessages>(`/demo/api/messages?lead=${encodeURIComponent(lead)}`),
    refetchInterval: 1000,
    enabled: lead !== "",
  });

export function useWrite(lead: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (message: { to: string; text: string }) => call("/demo/api/messages", { lead, ...message }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["demo", "messages", lead] }),
  });
}

/** Shows or ends "typing…" in the dashboard. */
export function tellTyping(lead: string, to: string, on: boolean): void {
  call("/demo/api/typing", { lead, to, on }).catch(() => {}); // nothing depends on it
}

/** Looks at messages, which gives the seat its blue ticks. */
export function useRead(lead: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (ids: string[]) => call("/demo/api/read", { lead, ids }),
    onSettled: () => cache.invalidateQueries({ queryKey: ["demo", "messages", lead] }),
  });
}

export function useScan() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (scan: { seat: string; phone: string }) => call<{ device: string }>("/demo/api/scan", scan),
    onSuccess: () => cache.invalidateQueries({ queryKey: stateQuery.queryKey }),
  });
}
