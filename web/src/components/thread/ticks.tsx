import { IconAlertCircle, IconCalendarClock, IconCheck, IconChecks, IconClock } from "@tabler/icons-react";
import type { Delivery } from "@/api/types";
import classes from "./ticks.module.css";

const words: Record<Exclude<Delivery, "received">, string> = {
  scheduled: "To be sent later",
  queued: "Waiting to be sent",
  sending: "Being sent",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  played: "Played",
  failed: "Not sent",
  cancelled: "Taken back",
};

const pictures = {
  scheduled: IconCalendarClock,
  queued: IconClock,
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  played: IconChecks,
  failed: IconAlertCircle,
  cancelled: IconAlertCircle,
};

/** How far an outgoing message has come, as WhatsApp shows it. Inbound ones show nothing. */
export function Ticks({ delivery, size = 16 }: { delivery: Delivery; size?: number }) {
  if (delivery === "received") return null;
  const Picture = pictures[delivery];
  return (
    <span
      className={classes.ticks}
      data-delivery={delivery}
      role="img"
      aria-label={words[delivery]}
      title={words[delivery]}
    >
      <Picture size={size} stroke={2} aria-hidden="true" />
    </span>
  );
}
