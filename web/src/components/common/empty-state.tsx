import type { ReactNode } from "react";
import classes from "./empty-state.module.css";

interface Props {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** What a page shows while there is nothing: what will be here, and how to get there. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <div className={classes.empty}>
      <div className={classes.icon} aria-hidden="true">
        {icon}
      </div>
      <h2 className={classes.title}>{title}</h2>
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  );
}
