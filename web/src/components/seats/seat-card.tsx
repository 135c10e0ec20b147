import { Button } from "@mantine/core";
import { IconDeviceMobile, IconMessages, IconPlayerPlay, IconQrcode } from "@tabler/icons-react";
import { Link } from "wouter";
import type { Seat } from "@/api/types";
import { fullTime, sinceLabel, untilLabel } from "@/lib/format";
import { phoneNumber } from "@/lib/phone";
import { nextAction, pairingButton } from "@/lib/seat-state";
import { useNow } from "@/lib/use-now";
import { HistoryBar } from "./history-bar";
import { SeatActivity } from "./seat-activity";
import { SeatBadge } from "./seat-badge";
import classes from "./seat-card.module.css";
import { type SeatCommand, SeatMenu } from "./seat-menu";

interface Props {
  seat: Seat;
  busy: boolean;
  onCommand: (command: SeatCommand) => void;
}

/** A seat: its number, its state in words, and what can be done with it. */
export function SeatCard({ seat, busy, onCommand }: Props) {
  const now = useNow(30_000);
  const { status } = seat;
  return (
    <article className={classes.card} aria-label={`Seat ${seat.name}`}>
      <header className={classes.head}>
        <span className={classes.icon} aria-hidden="true">
          <IconDeviceMobile size={22} stroke={1.6} />
        </span>
        <div className={classes.names}>
          <h2 className={classes.name}>{seat.name}</h2>
          <p className={classes.phone}>
            {seat.phone ? phoneNumber(seat.phone) : "No phone linked"}
            {seat.push_name && seat.push_name !== seat.name && ` · ${seat.push_name}`}
          </p>
        </div>
        <SeatMenu seat={seat} onCommand={onCommand} />
      </header>
      <div className={classes.state}>
        <SeatBadge seat={seat} />
        <time className={classes.since} dateTime={status.since} title={fullTime(status.since)}>
          {sinceLabel(status.since, now)}
        </time>
      </div>
      <p className={classes.sentence}>
        {/* The badge says that it is connected; the sentence would say it again. */}
        {status.state === "connected" ? "Messages arrive and are sent." : status.sentence}
        {status.until && ` ${untilWord(status.state)} ${untilLabel(status.until, now)}.`}
      </p>
      <HistoryBar history={seat.history} />
      <SeatActivity seat={seat} now={now} />
      <NextButton seat={seat} busy={busy} onCommand={onCommand} />
    </article>
  );
}

/** What happens at the time up to which a state lasts. */
function untilWord(state: Seat["status"]["state"]): string {
  return state === "retrying" || state === "outdated" ? "Next try at" : "Until";
}

function NextButton({ seat, busy, onCommand }: Props) {
  switch (nextAction(seat)) {
    case "pair":
      return (
        <Button loading={busy} leftSection={<IconQrcode size={18} />} onClick={() => onCommand("pair")}>
          Pair a phone
        </Button>
      );
    case "show-code":
      return (
        <Button variant="light" leftSection={<IconQrcode size={18} />} onClick={() => onCommand("show-code")}>
          {pairingButton(seat)}
        </Button>
      );
    case "start":
      return (
        <Button loading={busy} leftSection={<IconPlayerPlay size={18} />} onClick={() => onCommand("start")}>
          Start
        </Button>
      );
    case null:
      return seat.linked ? (
        <Button
          component={Link}
          href={`/conversations?seat=${encodeURIComponent(seat.id)}`}
          variant="default"
          leftSection={<IconMessages size={18} />}
        >
          Conversations
        </Button>
      ) : null;
  }
}
