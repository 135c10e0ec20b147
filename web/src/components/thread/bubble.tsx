import { Button } from "@mantine/core";
import {
  IconBan,
  IconChartBar,
  IconDeviceMobile,
  IconFile,
  IconHistory,
  IconMapPin,
  IconMicrophone,
  IconMoodSmile,
  IconMovie,
  IconMusic,
  IconPencil,
  IconPhoto,
  IconQuestionMark,
  IconSparkles,
  IconSticker,
  IconUser,
} from "@tabler/icons-react";
import { memo } from "react";
import type { Message } from "@/api/types";
import { RichText } from "@/components/common/rich-text";
import { fullTime, timeOfDay } from "@/lib/format";
import { authorName, kindName } from "@/lib/message-kind";
import type { ThreadMessage } from "@/lib/thread";
import classes from "./bubble.module.css";
import { Ticks } from "./ticks";

const pictures: Record<string, typeof IconPhoto> = {
  image: IconPhoto,
  video: IconMovie,
  audio: IconMusic,
  voice: IconMicrophone,
  document: IconFile,
  sticker: IconSticker,
  location: IconMapPin,
  contact: IconUser,
  poll: IconChartBar,
  reaction: IconMoodSmile,
  edit: IconPencil,
  revoke: IconBan,
};

interface Props extends ThreadMessage {
  onRetry: (message: Message) => void;
}

/** A stored message. */
export const Bubble = memo(function Bubble({ message, first, last, reactions, onRetry }: Props) {
  const { author, direction } = message;
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
          <AuthorLabel author={author} />
        ) : (
          <span className="visually-hidden">{authorName(author)}:</span>
        )}
        <Content message={message} />
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
          <time dateTime={message.at} title={fullTime(message.at)}>
            {timeOfDay(message.at)}
          </time>
          <Ticks delivery={message.delivery} />
        </span>
      </div>
      {reactions.length > 0 && (
        <span className={classes.reactions} role="img" aria-label={`Reactions: ${reactions.join(" ")}`}>
          {reactions.join(" ")}
        </span>
      )}
      {message.delivery === "failed" && (
        <div className={classes.failure} role="alert">
          <span>{message.failure || "This message was not sent."}</span>
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => onRetry(message)}>
            Try again
          </Button>
        </div>
      )}
    </article>
  );
});

function AuthorLabel({ author }: { author: Message["author"] }) {
  return (
    <span className={classes.author}>
      {author === "assistant" && <IconSparkles size={13} aria-hidden="true" />}
      {author === "phone" && <IconDeviceMobile size={13} aria-hidden="true" />}
      {author === "user" ? "Agent" : authorName(author)}
    </span>
  );
}

function Content({ message }: { message: Message }) {
  if (message.kind === "text")
    return (
      <span className={classes.text}>
        <RichText text={message.text} />
      </span>
    );
  const Picture = pictures[message.kind] ?? IconQuestionMark;
  return (
    <>
      <span className={classes.kind}>
        <Picture size={17} stroke={1.8} aria-hidden="true" />
        {kindName(message.kind)}
      </span>
      {message.text && (
        <span className={classes.text}>
          <RichText text={message.text} />
        </span>
      )}
    </>
  );
}
