import type { Seat } from "@/api/types";
import { seatState } from "@/lib/seat-state";
import classes from "./seat-badge.module.css";

/** A seat's state as a coloured word. */
export function SeatBadge({ seat }: { seat: Pick<Seat, "linked" | "status"> }) {
  const { label, tone } = seatState(seat);
  return (
    <span className={classes.badge} data-tone={tone}>
      <span className={classes.dot} aria-hidden="true" />
      {label}
    </span>
  );
}
