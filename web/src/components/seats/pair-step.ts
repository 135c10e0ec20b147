import type { Seat } from "@/api/types";

/** Where pairing is: showing a code, logging in after a scan, done, or ended without success. */
export type PairStep = "code" | "login" | "connected" | "retry";

/** Tells from a seat what the pairing dialog shows. */
export function pairStep({ linked, status }: Pick<Seat, "linked" | "status">): PairStep {
  switch (status.state) {
    case "pairing":
      return "code";
    case "starting":
      return linked ? "login" : "code";
    case "connecting":
    case "retrying":
      return "login";
    case "connected":
      return "connected";
    default:
      return "retry";
  }
}
