import { Skeleton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef } from "react";
import type { Conversation, Seat } from "@/api/types";
import { type ConversationFilter, conversationPath } from "@/lib/conversation-filter";
import { useNow } from "@/lib/use-now";
import classes from "./conversation-list.module.css";
import { ConversationRow } from "./conversation-row";

const rowHeight = 94;

interface Props {
  conversations: Conversation[];
  seats: Seat[];
  open: string | undefined;
  filter: ConversationFilter;
  configured: boolean;
  hasMore: boolean;
  onMore: () => void;
}

/** The conversations, drawn as far as they are in view; asks for more near the end. Arrow keys move between rows. */
export function ConversationList(props: Props) {
  const { conversations, seats, open, filter, configured, hasMore, onMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(30_000);
  const virtual = useVirtualizer({
    count: conversations.length + (hasMore ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => conversations[index]?.id ?? "more",
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();
  const nearEnd = hasMore && (rows.at(-1)?.index ?? 0) >= conversations.length - 5;
  useEffect(() => {
    if (nearEnd) onMore();
  }, [nearEnd, onMore]);

  const names = new Map(seats.map((one) => [one.id, one.name]));
  const withSeat = !filter.seat && seats.length > 1;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys that bubble up from the links only move the focus
    <div ref={scroller} className={classes.scroll} onKeyDown={moveFocus}>
      <ul className={classes.list} style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const conversation = conversations[row.index];
          return (
            <li key={row.key} className={classes.item} style={{ transform: `translateY(${row.start}px)` }}>
              {conversation ? (
                <ConversationRow
                  conversation={conversation}
                  href={conversationPath(filter, conversation.id)}
                  active={conversation.id === open}
                  seat={withSeat ? names.get(conversation.seat) : undefined}
                  configured={configured}
                  now={now}
                />
              ) : (
                <RowSkeleton />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Up and down go to the row before and after. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...event.currentTarget.querySelectorAll("a")];
  const at = links.findIndex((link) => link.matches(":focus"));
  const target = links[at + step];
  if (at < 0 || !target) return;
  event.preventDefault();
  target.focus();
}

function RowSkeleton() {
  return (
    <div className={classes.skeleton}>
      <Skeleton circle height={44} />
      <div className={classes.lines}>
        <Skeleton height={13} width="55%" />
        <Skeleton height={11} width="85%" />
        <Skeleton height={15} width={54} radius={10} />
      </div>
    </div>
  );
}

/** What stands for the list until it is loaded. */
export function ConversationListSkeleton() {
  return (
    <div className={classes.scroll} aria-busy="true">
      {[0, 1, 2, 3, 4, 5].map((n) => (
        <RowSkeleton key={n} />
      ))}
    </div>
  );
}
