import { Button } from "@mantine/core";
import type { Message } from "@/api/types";
import { untilLabel } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import classes from "./bubble.module.css";

interface Props {
  message: Message;
  onRetry: (message: Message) => void;
  onCancel: (message: Message) => void;
  onReschedule: (message: Message) => void;
}

/** What there is to say and to do below a message that is not sent: it failed, waits, or is to be sent later. */
export function Unsent(props: Props) {
  switch (props.message.delivery) {
    case "failed":
      return <Failed {...props} />;
    case "queued":
      return props.message.waiting ? <Waits {...props} /> : null;
    case "scheduled":
      return <Scheduled {...props} />;
    default:
      return null;
  }
}

function Failed({ message, onRetry, onCancel }: Props) {
  return (
    <div className={classes.failure} role="alert">
      <span>{message.failure || "This message was not sent."}</span>
      <Button size="compact-xs" variant="subtle" color="red" onClick={() => onRetry(message)}>
        Try again
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onCancel(message)}>
        Discard
      </Button>
    </div>
  );
}

function Waits({ message, onCancel }: Props) {
  const now = useNow(15_000);
  const { sentence, until } = message.waiting ?? { sentence: "" };
  const ahead = until && new Date(until) > now;
  return (
    <div className={classes.waits}>
      <span>
        Waiting: {sentence}
        {ahead && ` It goes at ${untilLabel(until, now)} or later.`}
      </span>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onCancel(message)}>
        Take back
      </Button>
    </div>
  );
}

function Scheduled({ message, onCancel, onReschedule }: Props) {
  const now = useNow(15_000);
  return (
    <div className={classes.waits}>
      <span>{message.send_at && `To be sent at ${untilLabel(message.send_at, now)}`}</span>
      <Button size="compact-xs" variant="subtle" onClick={() => onReschedule(message)}>
        Change
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onCancel(message)}>
        Take back
      </Button>
    </div>
  );
}
