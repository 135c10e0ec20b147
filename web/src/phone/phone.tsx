import { IconBattery3, IconWifi } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { timeOfDay } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { type DemoSeat, type Person, phoneQuery, tellTyping, useRead, useWrite } from "./api";
import { Chat } from "./chat";
import { ChatList } from "./chat-list";
import classes from "./phone.module.css";

interface Props {
  lead: Person;
  seats: DemoSeat[];
  open: DemoSeat | undefined;
  onOpen: (seat: DemoSeat | null) => void;
}

/** A phone that runs a messenger: its chats, or the open one. */
export function Phone({ lead, seats, open, onOpen }: Props) {
  const phone = useQuery(phoneQuery(lead.number));
  const write = useWrite(lead.number);
  const items = phone.data?.items ?? [];
  const typing = phone.data?.typing ?? [];
  const { mutate: read } = useRead(lead.number);
  const unread = items
    .filter((message) => message.unread && message.with === open?.phone)
    .map((message) => message.id);
  const unreadKey = unread.join(" ");
  useEffect(() => {
    if (unreadKey !== "") read(unreadKey.split(" "));
  }, [unreadKey, read]);
  return (
    <div className={classes.phone}>
      <div className={classes.screen}>
        <StatusBar />
        {open ? (
          <Chat
            key={open.id}
            seat={open}
            messages={items.filter((message) => message.with === open.phone)}
            typing={typing.includes(open.phone)}
            error={write.error ?? phone.error}
            sending={write.isPending ? write.variables.text : undefined}
            onBack={() => onOpen(null)}
            onTyping={(on) => tellTyping(lead.number, open.phone, on)}
            onWrite={(text) => write.mutate({ to: open.phone, text })}
          />
        ) : (
          <ChatList lead={lead} seats={seats} messages={items} typing={typing} onOpen={onOpen} />
        )}
      </div>
    </div>
  );
}

function StatusBar() {
  return (
    <div className={classes.status} aria-hidden="true">
      <span>{timeOfDay(useNow(10_000))}</span>
      <span className={classes.icons}>
        <IconWifi size={16} />
        <IconBattery3 size={18} />
      </span>
    </div>
  );
}
