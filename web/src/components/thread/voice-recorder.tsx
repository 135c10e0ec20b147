import { ActionIcon } from "@mantine/core";
import { IconSend2, IconTrash } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import { playTime } from "@/lib/format";
import type { Recorder } from "./use-recorder";
import classes from "./voice-recorder.module.css";

/** The most bars that are drawn; narrow screens show the newest of them. */
const most = 120;

interface Props {
  shown: NonNullable<Recorder["shown"]>;
  onCancel: () => void;
  onSend: () => void;
}

/** What stands in the composer's place while a voice message is recorded. */
export function VoiceRecorder({ shown, onCancel, onSend }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: nothing here is a form's
    <div
      className={classes.recorder}
      role="group"
      aria-label="Recording a voice message"
      onKeyDown={onKeyDown}
    >
      <ActionIcon
        size={38}
        radius={12}
        variant="subtle"
        color="red"
        onClick={onCancel}
        aria-label="Cancel the recording"
      >
        <IconTrash size={19} />
      </ActionIcon>
      <span className={classes.dot} aria-hidden="true" />
      <span className={classes.time} role="timer">
        {playTime(Math.floor(shown.seconds))}
      </span>
      <div className={classes.bars} aria-hidden="true">
        {shown.levels
          .map((level, at) => ({ level, at }))
          .slice(-most)
          .map(({ level, at }) => (
            <span key={at} style={{ height: `${Math.round(3 + level * 25)}px` }} />
          ))}
      </div>
      <ActionIcon
        size={38}
        radius={12}
        variant="filled"
        onClick={() => shown.levels.length > 0 && onSend()}
        aria-label="Send the voice message"
        ref={focus}
      >
        <IconSend2 size={19} />
      </ActionIcon>
    </div>
  );
}

/** Enter sends and Escape cancels from the beginning. */
function focus(button: HTMLButtonElement | null): void {
  button?.focus();
}
