import { IconAlertTriangle, IconShield } from "@tabler/icons-react";
import type { Seat } from "@/api/types";
import { count, fullTime, shortTime, untilLabel } from "@/lib/format";
import classes from "./seat-activity.module.css";

/** What a seat's connection did last, and what WhatsApp doesn't let it do. */
export function SeatActivity({ seat, now }: { seat: Seat; now: Date }) {
  const { restriction, proxy } = seat;
  const restricted = restriction && new Date(restriction.until) > now;
  return (
    <>
      {restricted && (
        <p className={classes.restriction} role="note">
          <IconAlertTriangle size={17} aria-hidden="true" />
          <span>
            {restriction.sentence} Until {untilLabel(restriction.until, now)}.
          </span>
        </p>
      )}
      <dl className={classes.facts}>
        <Moment name="Last heard" at={seat.last_frame_at} now={now} />
        <Moment name="Last message" at={seat.last_message_at} now={now} />
        {seat.reconnects_today > 0 && (
          <div>
            <dt>Today</dt>
            <dd>{count(seat.reconnects_today, "reconnect")}</dd>
          </div>
        )}
        {proxy && (
          <div>
            <dt>Proxy</dt>
            <dd className={classes.proxy}>
              <IconShield size={14} aria-hidden="true" /> {proxy.url}
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

function Moment({ name, at, now }: { name: string; at: string | undefined; now: Date }) {
  if (!at) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <time dateTime={at} title={fullTime(at)}>
          {shortTime(at, now)}
        </time>
      </dd>
    </div>
  );
}
