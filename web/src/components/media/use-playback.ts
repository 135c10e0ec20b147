import { type RefObject, useEffect, useRef } from "react";

interface Link {
  url?: string;
  renew: () => boolean;
}

/**
 * What a player needs to go on where it was when the link to its file has
 * ended and another one is there.
 */
export function usePlayback<E extends HTMLMediaElement>(
  link: Link,
): { ref: RefObject<E | null>; src: string | undefined; onError: () => void } {
  const ref = useRef<E>(null);
  const left = useRef<{ at: number; playing: boolean } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address is what it waits for
  useEffect(() => {
    const player = ref.current;
    const was = left.current;
    left.current = null;
    if (!player || !was) return;
    player.currentTime = was.at; // until it has loaded, this is where it will begin
    if (was.playing) void player.play().catch(() => undefined);
  }, [link.url]);
  const onError = () => {
    const player = ref.current;
    if (player && link.renew()) left.current = { at: player.currentTime, playing: !player.paused };
  };
  return { ref, src: link.url, onError };
}
