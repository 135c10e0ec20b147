import { memo } from "react";
import { Link } from "wouter";
import type { Conversation } from "@/api/types";
import { Avatar } from "@/components/common/avatar";
import { Ticks } from "@/components/thread/ticks";
import { assistantState } from "@/lib/assistant-state";
import { conversationName, count, fullTime, shortTime } from "@/lib/format";
import { previewOf } from "@/lib/message-kind";
import { doingLabel } from "@/lib/presence";
import { usePresence } from "@/services/presence";
import { AssistantChip } from "./assistant-chip";
import classes from "./conversation-row.module.css";

interface Props {
  conversation: Conversation;
  href: string;
  active: boolean;
  /** The seat's name, where several seats are shown together. */
  seat?: string;
  configured: boolean;
  now: Date;
}

/** A conversation in the list. */
export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { conversation, href, active, seat, configured, now } = props;
  const { contact, last_message: last } = conversation;
  const unread = active ? 0 : conversation.unread;
  const state = assistantState(conversation, configured, now);
  const doing = doingLabel(usePresence(conversation.id));
  return (
    <Link
      href={href}
      className={classes.row}
      aria-current={active ? "true" : undefined}
      data-unread={unread > 0 || undefined}
    >
      <Avatar id={contact.phone || contact.id} name={contact.name} />
      <span className={classes.body}>
        <span className={classes.line}>
          <span className={classes.name}>{conversationName(conversation)}</span>
          <time
            className={classes.time}
            dateTime={conversation.last_message_at}
            title={fullTime(conversation.last_message_at)}
          >
            {shortTime(conversation.last_message_at, now)}
          </time>
        </span>
        <span className={classes.line}>
          <span className={classes.preview}>
            {doing ? (
              <span className={classes.doing}>{doing}</span>
            ) : (
              <>
                {last?.direction === "out" && <Ticks delivery={last.delivery} size={15} />}
                {last ? previewOf(last) : "No messages yet"}
              </>
            )}
          </span>
          {unread > 0 && (
            <span className={classes.badge}>
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span className="visually-hidden">{count(unread, "unread message")}</span>
            </span>
          )}
        </span>
        <span className={classes.chips}>
          {conversation.type === "direct" && <AssistantChip state={state} />}
          {seat && <span className={classes.seat}>{seat}</span>}
        </span>
      </span>
    </Link>
  );
});
