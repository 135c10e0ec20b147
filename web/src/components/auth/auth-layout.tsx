import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Logo } from "@/components/common/logo";
import classes from "./auth-layout.module.css";

interface Props {
  title: string;
  lead: string;
  children: ReactNode;
  foot?: ReactNode;
}

/** The frame of sign-in and sign-up: the form, and on wide screens what Aibud does. */
export function AuthLayout({ title, lead, children, foot }: Props) {
  useDocumentTitle(`${title} · Aibud`);
  return (
    <div className={classes.split}>
      <main className={classes.side}>
        <div className={classes.box}>
          <Logo size={36} />
          <h1 className={classes.title}>{title}</h1>
          <p className={classes.lead}>{lead}</p>
          {children}
          {foot && <div className={classes.foot}>{foot}</div>}
        </div>
      </main>
      <Showcase />
    </div>
  );
}

/** A small made-up chat that shows what Aibud does; decoration, hence hidden from screen readers. */
function Showcase() {
  return (
    <div className={classes.promise} aria-hidden="true">
      <div className={classes.chat}>
        <div className={classes.in} style={{ animationDelay: "150ms" }}>
          Hi, is the two-bedroom in Rosebank still available?
        </div>
        <div className={classes.out} style={{ animationDelay: "700ms" }}>
          <span className={classes.by}>Assistant</span>
          Hello! Thanks for asking. Are you looking to buy or to rent?
        </div>
        <div className={classes.in} style={{ animationDelay: "1250ms" }}>
          To buy. I could view it on Saturday.
        </div>
        <div className={classes.out} style={{ animationDelay: "1800ms" }}>
          <span className={classes.by}>Assistant</span>
          Noted. I'll ask the agent to confirm a time with you. What is your budget?
        </div>
      </div>
      <p className={classes.line}>Every lead answered. You step in when it counts.</p>
    </div>
  );
}
