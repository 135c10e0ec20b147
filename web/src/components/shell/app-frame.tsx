import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Redirect, useLocation, useSearch } from "wouter";
import type { Me } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";
import { LiveProvider } from "@/live/live";
import { meQuery } from "@/services/session";
import classes from "./app-frame.module.css";
import { BottomNav } from "./bottom-nav";
import { NoticeStrip } from "./notice-strip";
import { Sidebar } from "./sidebar";

/** The frame around every page of a signed-in person. Others are sent to the sign-in, and come back from there. */
export function AppFrame({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  const [path] = useLocation();
  const search = useSearch();

  if (me.isPending) return <div className={classes.waiting} aria-busy="true" />;
  // A later look that fails says nothing about who is signed in: the page and what is typed there stay.
  if (me.isLoadingError) {
    return (
      <div className={classes.waiting}>
        <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />
      </div>
    );
  }
  if (!me.data) {
    const here = path + (search && `?${search}`);
    return <Redirect to={here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  return (
    <LiveProvider>
      <Frame me={me.data} inThread={/^\/conversations\/./.test(path)}>
        {children}
      </Frame>
    </LiveProvider>
  );
}

function Frame({ me, inThread, children }: { me: Me; inThread: boolean; children: ReactNode }) {
  return (
    <div className={classes.frame} data-thread={inThread || undefined}>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <Sidebar me={me} />
      <div className={classes.content}>
        <NoticeStrip />
        <main id="main" className={classes.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <BottomNav me={me} />
    </div>
  );
}
