import { IconDeviceMobile, IconHistory, IconSparkles } from "@tabler/icons-react";
import { memo } from "react";
import type { Message } from "@/api/types";
import { fullTime, timeOfDay } from "@/lib/format";
import { authorName, senderName } from "@/lib/message-kind";
import { noticeSentence } from "@/lib/notice";
import type { ThreadMessage } from "@/lib/thread";
import classes from "./bubble.module.css";
import { MessageContent } from "./message-content";
import lines from "./message-content.module.css";
import { MessageTimes } from "./message-times";
import { Unsent } from "./unsent";

interface Props extends ThreadMessage {
  onRetry: (message: Message) => void;
  onCancel: (message: Message) => void;
  onReschedule: (message: Message) => void;
}

/** A stored message. */
export const Bubble = memo(function Bubble({
  message,
  first,
  last,
  reactions,
  onRetry,
  onCancel,
  onReschedule,
}: Props) {
  const { author, direction } = message;
  const notice = message.content?.notice;
  if (notice) {
    return (
      <p className={lines.line} data-message={message.id}>
        {noticeSentence(notice, senderName(message))}
      </p>
    );
  }
  return (
    <article
      className={classes.row}
      data-direction={direction}
      data-author={author}
      data-first={first || undefined}
      data-last={last || undefined}
      data-message={message.id}
    >
      <div className={classes.bubble}>
        {direction === "out" && first ? (
          <AuthorLabel message={message} />
        ) : first && message.sender ? (
          <span className={classes.author}>{senderName(message)}</span>
        ) : (
          <span className="visually-hidden">{authorName(message)}:</span>
        )}
        <MessageContent message={message} />
        <span className={classes.meta}>
          {message.history && (
            <span
              className={classes.history}
              role="img"
              aria-label="From the phone's history"
              title="From the phone's history"
            >
              <IconHistory size={13} aria-hidden="true" />
            </span>
          )}
          {message.edited_at && !message.revoked_at && (
            <span title={fullTime(message.edited_at)}>edited</span>
          )}
          <time dateTime={message.at} title={fullTime(message.at)}>
            {timeOfDay(message.at)}
          </time>
          <MessageTimes message={message} />
        </span>
      </div>
      {reactions.length > 0 && (
        <span className={classes.reactions} role="img" aria-label={`Reactions: ${reactions.join(" ")}`}>
          {reactions.join(" ")}
        </span>
      )}
      <Unsent message={message} onRetry={onRetry} onCancel={onCancel} onReschedule={onReschedule} />
    </article>
  );
});

function AuthorLabel({ message }: { message: Message }) {
  const { author } = message;
  return (
    <span className={classes.author}>
      {author === "assistant" && <IconSparkles size={13} aria-hidden="true" />}
      {author === "phone" && <IconDeviceMobile size={13} aria-hidden="true" />}
      {authorName(message)}
    </span>
  );
}
