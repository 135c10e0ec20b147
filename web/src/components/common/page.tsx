import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./page.module.css";

interface Props {
  title: string;
  lead?: string;
  action?: ReactNode;
  children: ReactNode;
}

/** A page that scrolls, with its heading. */
export function Page({ title, lead, action, children }: Props) {
  useDocumentTitle(`${title} · Aibud`);
  return (
    <div className={classes.scroll}>
      <div className={classes.page}>
        <header className={classes.head}>
          <div>
            <h1 className={classes.title}>{title}</h1>
            {lead && <p className={classes.lead}>{lead}</p>}
          </div>
          {action}
        </header>
        {children}
      </div>
    </div>
  );
}
