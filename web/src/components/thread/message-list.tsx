import { Skeleton } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useEffect, useMemo, useRef } from "react";
import type { Message } from "@/api/types";
import { count } from "@/lib/format";
import { layThread } from "@/lib/thread";
import { compare } from "@/live/apply";
import type { Outgoing } from "@/services/sending";
import { Bubble } from "./bubble";
import classes from "./message-list.module.css";
import { OutgoingBubble } from "./outgoing-bubble";
import { useBottom } from "./use-bottom";
import { WritingBubble } from "./writing-bubble";

interface Props {
  messages: Message[];
  outgoing: Outgoing[];
  writing: boolean;
  hasOlder: boolean;
  loadingOlder: boolean;
  onOlder: () => void;
  onRetry: (message: Message) => void;
  onCancel: (message: Message) => void;
  onReschedule: (message: Message) => void;
  onResend: (item: Outgoing) => void;
  onForget: (key: string) => void;
}

/**
 * The messages, newest at the bottom. The scroller is laid out from its
 * bottom, so that older pages coming in above move nothing.
 */
export function MessageList(props: Props) {
  const { messages, outgoing, writing, hasOlder, loadingOlder, onOlder, onResend, onForget } = props;
  const { onRetry, onCancel, onReschedule } = props;
  const days = useMemo(() => layThread(messages.filter((message) => !isScheduled(message))), [messages]);
  const later = useMemo(() => messages.filter(isScheduled).sort(compare), [messages]);
  const actions = { onRetry, onCancel, onReschedule };
  const { scroller, inner, unseen, toBottom } = useBottom(messages, outgoing.length);
  return (
    <div className={classes.box}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller must be reachable by keyboard */}
      <div ref={scroller} className={classes.scroll} tabIndex={0} role="log" aria-label="Messages">
        <div ref={inner} className={classes.inner}>
          {hasOlder && <Older loading={loadingOlder} onReached={onOlder} />}
          {days.map((day) => (
            <section key={day.key} className={classes.day} aria-label={day.label}>
              <h3 className={classes.date}>
                <span>{day.label}</span>
              </h3>
              {day.messages.map((item) => (
                <Bubble key={item.message.id} {...item} {...actions} />
              ))}
            </section>
          ))}
          {outgoing.map((item) => (
            <OutgoingBubble key={item.key} item={item} onResend={onResend} onForget={onForget} />
          ))}
          {writing && <WritingBubble />}
          {later.length > 0 && (
            <section className={classes.day} aria-label="Scheduled">
              <h3 className={classes.date}>
                <span>Scheduled</span>
              </h3>
              {later.map((message) => (
                <Bubble key={message.id} message={message} first last reactions={[]} {...actions} />
              ))}
            </section>
          )}
        </div>
      </div>
      {unseen > 0 && (
        <button type="button" className={classes.pill} onClick={toBottom}>
          <IconArrowDown size={16} aria-hidden="true" />
          {count(unseen, "new message")}
        </button>
      )}
    </div>
  );
}

const isScheduled = (message: Message) => message.delivery === "scheduled";

/** Asks for older messages when it comes into view. */
function Older({ loading, onReached }: { loading: boolean; onReached: () => void }) {
  const mark = useRef<HTMLDivElement>(null);
  const reached = useRef(onReached);
  reached.current = onReached;
  useEffect(() => {
    if (!mark.current || loading) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) reached.current();
      },
      { rootMargin: "500px 0px 0px" },
    );
    watcher.observe(mark.current);
    return () => watcher.disconnect();
  }, [loading]);
  return (
    <div ref={mark} className={classes.older} aria-busy={loading}>
      <Skeleton height={44} width="42%" radius={18} />
      <Skeleton height={60} width="52%" radius={18} ml="auto" />
    </div>
  );
}
