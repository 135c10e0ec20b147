import { Tooltip } from "@mantine/core";
import { useLiveState } from "@/live/live";
import type { LiveState } from "@/live/socket";
import classes from "./live-indicator.module.css";

const words: Record<LiveState, { label: string; hint: string }> = {
  live: { label: "Live", hint: "New messages appear by themselves." },
  connecting: { label: "Connecting…", hint: "Opening the live connection." },
  reconnecting: { label: "Reconnecting…", hint: "The connection to the server was lost. We keep trying." },
  ended: { label: "Signed out", hint: "The session is over." },
};

/** Whether the page is fed live. */
export function LiveIndicator() {
  const state = useLiveState();
  const { label, hint } = words[state];
  return (
    <Tooltip label={hint} position="right">
      <div className={classes.live} data-state={state} role="status">
        <span className={classes.dot} aria-hidden="true" />
        <span className={classes.label}>{label}</span>
      </div>
    </Tooltip>
  );
}
