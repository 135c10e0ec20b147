import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { keys } from "@/services/keys";
import { resendUnreached } from "@/services/sending";
import { applyEvent } from "./apply";
import type { Frame } from "./frames";
import { refetchOvertaken } from "./overtaken";
import { LiveSocket, type LiveState } from "./socket";

const Context = createContext<LiveState>("connecting");

/** How the live connection is. */
export const useLiveState = (): LiveState => useContext(Context);

/** Keeps the cache fresh by the one live websocket while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");

  useEffect(() => {
    const waiting = new WeakSet<Promise<unknown>>();
    let lost = false;
    const onFrame = (frame: Frame) => {
      if (frame.type === "event") {
        if (!frame.event) return;
        refetchOvertaken(cache, frame.event, waiting);
        applyEvent(cache, frame.event);
        return;
      }
      if (frame.type === "presence") {
        cache.setQueryData(keys.presence(frame.data.conversation), frame.data);
        return;
      }
      // What was loaded before the events began may have changed since, and
      // after a reset events are missing for good. Links to files don't change,
      // and what plays goes on with its link.
      const lasting: unknown[] = [keys.me[0], keys.mediaLinks[0]];
      void cache.invalidateQueries({ predicate: ({ queryKey }) => !lasting.includes(queryKey[0]) });
    };
    const socket = new LiveSocket({
      url: `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/v1/live`,
      onFrame,
      onState: (next) => {
        setState(next);
        if (next === "reconnecting") {
          lost = true;
          // Nobody tells any more that they went or stopped typing.
          void cache.resetQueries({ queryKey: keys.presences });
        }
        if (next !== "live" || !lost) return;
        lost = false;
        afterOutage(cache);
      },
      onSessionOver: () => void cache.invalidateQueries({ queryKey: keys.me }),
    });
    socket.start();
    return () => socket.stop();
  }, [cache]);

  return <Context value={state}>{children}</Context>;
}

/** The server is back: asks again for what could not be loaded meanwhile, and sends what did not get there. */
function afterOutage(cache: QueryClient): void {
  const failed = ({ queryKey, state }: { queryKey: readonly unknown[]; state: { status: string } }) =>
    queryKey[0] === keys.me[0] || queryKey[0] === keys.status[0] || state.status === "error";
  void cache.invalidateQueries({ predicate: failed });
  void resendUnreached(cache);
}
