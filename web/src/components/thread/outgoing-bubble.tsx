import { Button } from "@mantine/core";
import { IconMicrophone, IconPaperclip } from "@tabler/icons-react";
import { RichText } from "@/components/common/rich-text";
import { timeOfDay } from "@/lib/format";
import { kindName } from "@/lib/message-kind";
import { useLiveState } from "@/live/live";
import type { Outgoing } from "@/services/sending";
import classes from "./bubble.module.css";
import { Ticks } from "./ticks";

interface Props {
  item: Outgoing;
  onResend: (item: Outgoing) => void;
  onForget: (key: string) => void;
}

/** A text that is on its way to the server, or did not get there. */
export function OutgoingBubble({ item, onResend, onForget }: Props) {
  const returns = useLiveState() === "reconnecting" && item.unreached;
  return (
    <article className={classes.row} data-direction="out" data-author="user" data-first data-last>
      <div className={`${classes.bubble} ${item.failure ? "" : classes.waiting}`}>
        <span className="visually-hidden">Your message:</span>
        {item.file && (
          <span className={classes.kind}>
            {item.kind === "voice" ? (
              <IconMicrophone size={17} stroke={1.8} aria-hidden="true" />
            ) : (
              <IconPaperclip size={17} stroke={1.8} aria-hidden="true" />
            )}
            {item.kind === "voice" ? kindName("voice") : item.file.name}
          </span>
        )}
        {item.text && (
          <span className={classes.text}>
            <RichText text={item.text} />
          </span>
        )}
        <span className={classes.meta}>
          {timeOfDay(item.at)}
          <Ticks delivery={item.failure ? "failed" : "queued"} />
        </span>
      </div>
      {item.failure && (
        <div className={classes.failure} role="alert">
          <span>
            Not sent: {item.failure}
            {returns && " It is sent by itself when the connection is back."}
          </span>
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => onResend(item)}>
            Try again
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onForget(item.key)}>
            Discard
          </Button>
        </div>
      )}
    </article>
  );
}
