import { IconAlertTriangle, IconPlayerPause, IconPower, IconSparkles } from "@tabler/icons-react";
import type { AssistantState } from "@/lib/assistant-state";
import classes from "./assistant-chip.module.css";

const pictures = {
  "needs-person": IconAlertTriangle,
  unavailable: IconPower,
  off: IconPower,
  paused: IconPlayerPause,
  writing: IconSparkles,
  on: IconSparkles,
};

const words = {
  "needs-person": "Needs you",
  unavailable: "AI not set up",
  off: "AI off",
  paused: "AI paused",
  writing: "AI is writing…",
  on: "AI",
};

/** What the AI does in a conversation, as a small chip. */
export function AssistantChip({ state }: { state: AssistantState }) {
  const Picture = pictures[state.kind];
  return (
    <span className={classes.chip} data-kind={state.kind} title={state.label}>
      <Picture size={12} stroke={2.2} aria-hidden="true" />
      {words[state.kind]}
    </span>
  );
}
