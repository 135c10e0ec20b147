import { IconSparkles } from "@tabler/icons-react";
import classes from "./bubble.module.css";

/** Shows that the assistant prepares a reply. */
export function WritingBubble() {
  return (
    <div
      className={classes.row}
      data-direction="out"
      data-author="assistant"
      data-first
      data-last
      role="status"
    >
      <div className={classes.bubble}>
        <span className={classes.author}>
          <IconSparkles size={13} aria-hidden="true" />
          AI is writing…
        </span>
        <span className={classes.dots} aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      </div>
    </div>
  );
}
