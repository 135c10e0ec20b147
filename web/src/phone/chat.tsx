import { ActionIcon } from "@mantine/core";
import { IconArrowLeft, IconSend2 } from "@tabler/icons-react";
import { type FormEvent, useRef, useState } from "react";
import { sentenceOf } from "@/api/problem";
import { RichText } from "@/components/common/rich-text";
import { Ticks } from "@/components/thread/ticks";
import { dayLabel, timeOfDay } from "@/lib/format";
import { kindName } from "@/lib/message-kind";
import { phoneNumber } from "@/lib/phone";
import type { DemoSeat, PhoneMessage } from "./api";
import classes from "./chat.module.css";

interface Props {
  seat: DemoSeat;
  messages: PhoneMessage[];
  typing: boolean;
  error: unknown;
  /** The text that is on its way. */
  sending: string | undefined;
  onBack: () => void;
  onTyping: (on: boolean) => void;
  onWrite: (text: string) => void;
}

/** A chat on the lead's phone. What is written here goes to the seat, end-to-end encrypted by the simulator. */
export function Chat({ seat, messages, typing, error, sending, onBack, onTyping, onWrite }: Props) {
  return (
    <>
      <header className={classes.head}>
        <ActionIcon variant="subtle" color="gray" size={38} onClick={onBack} aria-label="Back to the chats">
          <IconArrowLeft size={21} />
        </ActionIcon>
        <div className={classes.names}>
          <h2 className={classes.name}>{seat.name}</h2>
          <p className={classes.detail} data-typing={typing || undefined}>
            {typing ? "typing…" : phoneNumber(seat.phone)}
          </p>
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller must be reachable by keyboard */}
      <div className={classes.scroll} tabIndex={0} role="log" aria-label="Messages">
        <div className={classes.messages}>
          {messages.map((message, index) => (
            <Item key={message.id} message={message} before={messages[index - 1]} />
          ))}
          {sending && (
            <div className={classes.bubble} data-mine>
              <span className={classes.text}>{sending}</span>
              <span className={classes.meta}>
                <Ticks delivery="queued" />
              </span>
            </div>
          )}
        </div>
      </div>
      {error ? (
        <p className={classes.error} role="alert">
          {sentenceOf(error)}
        </p>
      ) : null}
      <Writer onTyping={onTyping} onWrite={onWrite} />
    </>
  );
}

function Item({ message, before }: { message: PhoneMessage; before: PhoneMessage | undefined }) {
  const newDay = !before || new Date(before.at).toDateString() !== new Date(message.at).toDateString();
  return (
    <>
      {newDay && <p className={classes.day}>{dayLabel(message.at)}</p>}
      <div className={classes.bubble} data-mine={message.from_me || undefined} data-message={message.id}>
        <span className="visually-hidden">{message.from_me ? "You:" : "Agency:"}</span>
        <span className={classes.text}>
          {message.text ? <RichText text={message.text} /> : kindName(message.kind)}
        </span>
        <span className={classes.meta}>
          <time dateTime={message.at}>{timeOfDay(message.at)}</time>
          {message.from_me && message.receipt && <Ticks delivery={message.receipt} />}
        </span>
      </div>
    </>
  );
}

/** How often it is said again that somebody types, as WhatsApp does. */
const sayAgain = 10_000;

function Writer({ onTyping, onWrite }: Pick<Props, "onTyping" | "onWrite">) {
  const [text, setText] = useState("");
  const said = useRef(0);
  const changed = (now: string) => {
    setText(now);
    const typing = now.trim() !== "";
    if (typing && Date.now() - said.current < sayAgain) return;
    if (typing || said.current > 0) onTyping(typing);
    said.current = typing ? Date.now() : 0;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    onWrite(text.trim());
    setText("");
    said.current = 0;
  };
  return (
    <form className={classes.writer} onSubmit={submit}>
      <input
        className={classes.input}
        value={text}
        onChange={(event) => changed(event.currentTarget.value)}
        placeholder="Message"
        aria-label="Message"
        autoComplete="off"
      />
      <ActionIcon type="submit" size={42} radius={21} disabled={!text.trim()} aria-label="Send">
        <IconSend2 size={20} />
      </ActionIcon>
    </form>
  );
}
