import type { Message } from "@/api/types";
import { useReschedule } from "@/services/conversations";
import { type Plan, useSendLater } from "@/services/sending";
import { ScheduleDialog } from "./schedule-dialog";

/** What gets a time: something new, or a message that has one already. */
export type Planned = { plan: Plan; taken: (messages: number) => void } | { message: Message };

interface Props {
  conversation: string;
  planned: Planned | null;
  onClose: () => void;
}

/** Asks when something is to be sent and tells the server. */
export function PlannedDialog({ conversation, planned, onClose }: Props) {
  const later = useSendLater(conversation);
  const change = useReschedule();
  const close = () => {
    // Of several files some may be there, and others have failed.
    if (planned && "plan" in planned) planned.taken(planned.plan.done);
    later.reset();
    change.reset();
    onClose();
  };
  const shared = { opened: planned !== null, busy: later.isPending || change.isPending, onClose: close };
  if (planned && "message" in planned) {
    const { message } = planned;
    const words = wordsOf(message);
    return (
      <ScheduleDialog
        {...shared}
        text={message.text}
        words={words}
        at={message.send_at}
        error={change.error}
        onSchedule={(text, at) =>
          change.mutate({ message, text: words === "none" ? undefined : text, at }, { onSuccess: close })
        }
      />
    );
  }
  const plan = planned?.plan;
  return (
    <ScheduleDialog
      {...shared}
      text={plan?.text ?? ""}
      words={plan && plan.files.length > 0 ? "caption" : "message"}
      files={plan?.files.map((file) => file.name)}
      error={later.error}
      onSchedule={(text, at) => plan && later.mutate({ plan, text, at }, { onSuccess: close })}
    />
  );
}

function wordsOf({ kind }: Message): "message" | "caption" | "none" {
  if (kind === "image" || kind === "video" || kind === "document") return "caption";
  return kind === "text" || kind === "poll" ? "message" : "none";
}
