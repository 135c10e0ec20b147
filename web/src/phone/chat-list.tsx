import { IconBuilding, IconBuildingStore } from "@tabler/icons-react";
import { EmptyState } from "@/components/common/empty-state";
import { shortTime } from "@/lib/format";
import { kindName } from "@/lib/message-kind";
import type { DemoSeat, Person, PhoneMessage } from "./api";
import classes from "./chat-list.module.css";

interface Props {
  lead: Person;
  seats: DemoSeat[];
  messages: PhoneMessage[];
  typing: string[];
  onOpen: (seat: DemoSeat) => void;
}

/** The chats of a phone: one for each seat that has a number. */
export function ChatList({ lead, seats, messages, typing, onOpen }: Props) {
  return (
    <>
      <header className={classes.head}>
        <h2 className={classes.title}>Chats</h2>
        <p className={classes.owner}>{lead.name}'s phone</p>
      </header>
      {seats.length === 0 && (
        <EmptyState icon={<IconBuildingStore size={28} />} title="Nobody to write to">
          Pair a seat first: its number then appears here.
        </EmptyState>
      )}
      <ul className={classes.list}>
        {seats.map((seat) => {
          const last = messages.filter((message) => message.with === seat.phone).at(-1);
          return (
            <li key={seat.id}>
              <button type="button" className={classes.chat} onClick={() => onOpen(seat)}>
                <span className={classes.icon} aria-hidden="true">
                  <IconBuilding size={22} stroke={1.6} />
                </span>
                <span className={classes.text}>
                  <span className={classes.line}>
                    <span className={classes.name}>{seat.name}</span>
                    {last && <time className={classes.time}>{shortTime(last.at)}</time>}
                  </span>
                  <span className={classes.preview} data-typing={typing.includes(seat.phone) || undefined}>
                    {typing.includes(seat.phone) ? "typing…" : preview(last)}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function preview(last: PhoneMessage | undefined): string {
  return last ? last.text || kindName(last.kind) : "Tap to write";
}
