import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconPlayerPause } from "@tabler/icons-react";
import { sentenceOf } from "@/api/problem";
import type { AssistantState } from "@/lib/assistant-state";
import { untilLabel } from "@/lib/format";
import { useSwitchAssistant } from "@/services/conversations";
import classes from "./assistant-bar.module.css";

/** Says why the AI does not answer when that needs a word, and offers to let it go on. */
export function AssistantBar({ conversation, state }: { conversation: string; state: AssistantState }) {
  const change = useSwitchAssistant();
  const turn = (enabled: boolean) =>
    change.mutate(
      { conversation, enabled },
      {
        onError: (error) =>
          notifications.show({ color: "red", title: "Not changed", message: sentenceOf(error) }),
      },
    );
  if (state.kind === "needs-person") {
    return (
      <div className={classes.bar} data-tone="warn" role="status">
        <IconAlertTriangle size={18} aria-hidden="true" />
        <p className={classes.text}>
          <b>A person has to take over.</b> {state.reason}
        </p>
        <Button size="compact-sm" variant="default" loading={change.isPending} onClick={() => turn(true)}>
          Let the AI go on
        </Button>
      </div>
    );
  }
  if (state.kind === "paused") {
    return (
      <div className={classes.bar} role="status">
        <IconPlayerPause size={18} aria-hidden="true" />
        <p className={classes.text}>AI paused until {untilLabel(state.until)} because a person replied.</p>
        <Button size="compact-sm" variant="default" loading={change.isPending} onClick={() => turn(true)}>
          Resume
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          disabled={change.isPending}
          onClick={() => turn(false)}
        >
          Keep off
        </Button>
      </div>
    );
  }
  return null;
}
