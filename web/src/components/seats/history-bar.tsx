import { Progress } from "@mantine/core";
import type { History } from "@/api/types";
import classes from "./history-bar.module.css";

const phases: Record<History["phase"], string> = {
  initial: "Taking in the phone's chats",
  recent: "Taking in recent messages",
  full: "Taking in older messages",
  on_demand: "Taking in older messages",
  backlog: "Taking in what came while the seat was offline",
};

/** How far a seat's past has been taken in; nothing once it is. name: whose it is, where that isn't plain. */
export function HistoryBar({ history, name }: { history: History | undefined; name?: string }) {
  if (!history || history.done) return null;
  const label = `${name ? `${name}: ` : ""}${phases[history.phase]}`;
  return (
    <div className={classes.bar}>
      <p className={classes.label}>
        <span>{label}</span>
        <span className={classes.percent}>{history.percent} %</span>
      </p>
      <Progress value={history.percent} size="sm" radius="xl" aria-label={label} />
      {history.failure && <p className={classes.failure}>{history.failure}</p>}
    </div>
  );
}
