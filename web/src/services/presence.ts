import { useDocumentVisibility } from "@mantine/hooks";
import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, take } from "@/api/client";
import type { Conversation, OwnDoing, Presence } from "@/api/types";
import { useLiveState } from "@/live/live";
import { keys } from "./keys";

/** How often it is said again that somebody looks: the server forgets it after 90 seconds. */
const again = 45_000;

/** What the person of a conversation does at the moment, as the live websocket tells. */
export function usePresence(conversation: string): Presence | undefined {
  return useQuery<Presence>({ queryKey: keys.presence(conversation), queryFn: skipToken }).data;
}

/** Has the server watch the person of a conversation while somebody looks at it. */
export function useWatchedPresence({ id, type }: Conversation): void {
  const cache = useQueryClient();
  const looking = useDocumentVisibility() === "visible";
  const live = useLiveState() === "live";
  const watch = type === "direct" && looking && live;
  useEffect(() => {
    if (!watch) return;
    const ask = async () => {
      const asked = Date.now();
      const path = { conversation: id };
      const answer = await take(
        api.POST("/v1/conversations/{conversation}/presence/watch", { params: { path } }),
      ).catch(() => null); // it is asked for again, and nothing depends on it
      // What was told meanwhile is newer than the answer.
      const told = cache.getQueryState(keys.presence(id))?.dataUpdatedAt ?? 0;
      if (answer && told < asked) cache.setQueryData(keys.presence(id), answer);
    };
    void ask();
    const timer = setInterval(() => void ask(), again);
    return () => clearInterval(timer);
  }, [id, watch, cache]);
}

/** How often it is shown again: the lead's phone hides it after some 25 seconds. */
const showAgain = 10_000;

/**
 * Shows the lead what the agent does, for as long as it is so. Nothing depends
 * on it, so what goes wrong is not told.
 */
export function useOwnState(conversation: string, doing: OwnDoing, able: boolean): void {
  // One after the other: an end that overtakes a beginning would never end.
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const shown = able ? doing : "idle";
  useEffect(() => {
    if (shown === "idle") return;
    const tell = (doing: OwnDoing) => {
      const params = { path: { conversation } };
      const put = () => api.PUT("/v1/conversations/{conversation}/presence", { params, body: { doing } });
      last.current = last.current.then(put).catch(() => undefined);
    };
    tell(shown);
    const timer = setInterval(() => tell(shown), showAgain);
    return () => {
      clearInterval(timer);
      tell("idle");
    };
  }, [conversation, shown]);
}
