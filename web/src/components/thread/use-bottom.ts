import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Message } from "@/api/types";

/** Closer to the bottom than this counts as at the bottom. */
const near = 60;

interface Bottom {
  scroller: RefObject<HTMLDivElement | null>;
  inner: RefObject<HTMLDivElement | null>;
  /** How many of the lead's messages came in below while the person reads further up. */
  unseen: number;
  toBottom: () => void;
}

/**
 * Keeps the place in a scroller that is laid out from its bottom (its
 * scrollTop is 0 there and negative above): at the bottom it stays at the
 * bottom; further up, what comes in below must not move what is being read.
 */
export function useBottom(messages: Message[], outgoing: number): Bottom {
  const scroller = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  const newest = useRef("");
  const [atBottom, setAtBottom] = useState(true);
  const [seen, setSeen] = useState(0);

  const last = messages.reduce((highest, message) => Math.max(highest, message.seq), 0);
  const newestId = messages[0]?.id ?? "";
  if (atBottom && seen !== last) setSeen(last);

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const scrolled = () => setAtBottom(box.scrollTop > -near);
    box.addEventListener("scroll", scrolled, { passive: true });
    return () => box.removeEventListener("scroll", scrolled);
  }, []);

  // The height that was last seen, whatever changed it: fonts, the window, a render.
  useEffect(() => {
    const content = inner.current;
    if (!content) return;
    const watcher = new ResizeObserver(() => {
      height.current = content.offsetHeight;
    });
    watcher.observe(content);
    return () => watcher.disconnect();
  }, []);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || !inner.current) return;
    const now = inner.current.offsetHeight;
    const cameBelow = newest.current !== "" && newest.current !== newestId;
    if (cameBelow && box.scrollTop <= -near) box.scrollTop -= now - height.current;
    height.current = now;
    newest.current = newestId;
  });

  const toBottom = useCallback(() => {
    scroller.current?.scrollTo({ top: 0, behavior: "smooth" });
  }, []);

  // Whoever sends wants to see it.
  const sent = useRef(outgoing);
  useLayoutEffect(() => {
    if (outgoing > sent.current && scroller.current) scroller.current.scrollTop = 0;
    sent.current = outgoing;
  }, [outgoing]);

  const unseen = atBottom
    ? 0
    : messages.filter((message) => message.direction === "in" && message.seq > seen).length;
  return { scroller, inner, unseen, toBottom };
}
