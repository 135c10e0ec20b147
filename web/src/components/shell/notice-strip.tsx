import { IconExternalLink, IconFlask, IconWifiOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useLiveState } from "@/live/live";
import { statusQuery } from "@/services/session";
import classes from "./notice-strip.module.css";

/** What everybody must know at all times: that the connection is lost, or that this is not the real WhatsApp. */
export function NoticeStrip() {
  const status = useQuery(statusQuery).data;
  const live = useLiveState();
  return (
    <>
      {live === "reconnecting" && (
        <div className={classes.strip} data-tone="warn" role="status">
          <IconWifiOff size={16} aria-hidden="true" />
          <span>Reconnecting… What you see may be a little old.</span>
        </div>
      )}
      {status && (status.simulator || status.assistant.scripted || status.demo) && (
        <div className={classes.strip}>
          <IconFlask size={16} aria-hidden="true" />
          {status.simulator && (
            <span>
              <span className={classes.more}>Talks to a simulator: nothing reaches the real WhatsApp</span>
              <span className={classes.less}>Talks to a simulator</span>
            </span>
          )}
          {status.assistant.scripted && (
            <span className={classes.part}>
              scripted <span className={classes.more}>demo </span>AI
            </span>
          )}
          {status.demo && (
            <a className={classes.link} href={status.demo} target="aibud-demo-phone">
              <span className={classes.more}>Open the </span>demo phone
              <IconExternalLink size={14} aria-hidden="true" />
            </a>
          )}
        </div>
      )}
    </>
  );
}
