import { Button } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconDeviceMobilePlus, IconMessage2, IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { Conversation, Seat } from "@/api/types";
import { EmptyState } from "@/components/common/empty-state";
import { ProblemNotice } from "@/components/common/problem-notice";
import { ConversationList, ConversationListSkeleton } from "@/components/conversations/conversation-list";
import { NewConversation } from "@/components/conversations/new-conversation";
import { SeatFilter } from "@/components/conversations/seat-filter";
import { HistoryBar } from "@/components/seats/history-bar";
import { ThreadPane } from "@/components/thread/thread-pane";
import { conversationsQuery } from "@/services/conversations";
import { seatsQuery } from "@/services/seats";
import { statusQuery } from "@/services/session";
import classes from "./conversations.module.css";

/** The inbox: the list, and beside it (on phones instead of it) the open thread. */
export function ConversationsPage({ open }: { open?: string }) {
  const [search] = useSearchParams();
  const seat = search.get("seat") ?? undefined;
  const back = `/conversations${seat ? `?seat=${encodeURIComponent(seat)}` : ""}`;
  useDocumentTitle("Conversations · Aibud");
  return (
    <div className={classes.inbox} data-open={open ? true : undefined}>
      <section className={classes.list} aria-label="Conversations">
        <ListPane open={open} seat={seat} />
      </section>
      <section className={classes.thread} aria-label="Messages">
        {open ? <ThreadPane key={open} id={open} back={back} /> : <NothingOpen />}
      </section>
    </div>
  );
}

function ListPane({ open, seat }: { open: string | undefined; seat: string | undefined }) {
  const [, navigate] = useLocation();
  const list = useInfiniteQuery(conversationsQuery(seat));
  const seats = useQuery(seatsQuery).data ?? [];
  const configured = useQuery(statusQuery).data?.assistant.configured ?? true;
  const { fetchNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const conversations = list.data?.pages.flatMap((page) => page.items);
  const filter = (chosen: string | undefined) =>
    navigate(`/conversations${open ? `/${open}` : ""}${chosen ? `?seat=${encodeURIComponent(chosen)}` : ""}`);
  const opened = ({ id, seat: of }: Conversation) =>
    // Of another seat, it would not be in the list as it is filtered.
    navigate(`/conversations/${id}${seat && seat === of ? `?seat=${encodeURIComponent(seat)}` : ""}`);

  return (
    <>
      <header className={classes.head}>
        <h1 className={classes.title}>Conversations</h1>
        <div className={classes.actions}>
          <SeatFilter seats={seats} seat={seat} onChange={filter} />
          <NewConversation seats={seats} seat={seat} onOpen={opened} />
        </div>
      </header>
      <Histories seats={seat ? seats.filter((one) => one.id === seat) : seats} />
      {list.isPending && <ConversationListSkeleton />}
      {(list.isLoadingError || list.isFetchNextPageError) && (
        <div className={classes.notice}>
          <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
        </div>
      )}
      {conversations?.length === 0 && <NoConversations filtered={seat !== undefined} />}
      {conversations && conversations.length > 0 && (
        <ConversationList
          conversations={conversations}
          seats={seats}
          open={open}
          seat={seat}
          configured={configured}
          hasMore={list.hasNextPage}
          onMore={more}
        />
      )}
    </>
  );
}

/** The seats whose past is being taken in. */
function Histories({ seats }: { seats: Seat[] }) {
  const busy = seats.filter((seat) => seat.history && !seat.history.done);
  if (busy.length === 0) return null;
  return (
    <div className={classes.notice}>
      {busy.slice(0, 3).map((seat) => (
        <HistoryBar key={seat.id} history={seat.history} name={seats.length > 1 ? seat.name : undefined} />
      ))}
    </div>
  );
}

function NoConversations({ filtered }: { filtered: boolean }) {
  const seats = useQuery(seatsQuery).data;
  if (seats?.some((seat) => seat.linked)) {
    return (
      <EmptyState icon={<IconMessages size={30} stroke={1.6} />} title="No conversations yet">
        {filtered
          ? "Nobody has written to this seat so far."
          : "As soon as somebody writes to one of your numbers, the conversation appears here by itself."}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconDeviceMobilePlus size={30} stroke={1.6} />}
      title="Pair a phone first"
      action={
        <Button component={Link} href="/seats">
          Go to seats
        </Button>
      }
    >
      Conversations come from your WhatsApp numbers. Add a seat, scan its QR code with the phone, and they
      appear here.
    </EmptyState>
  );
}

function NothingOpen() {
  const answers = useQuery(statusQuery).data?.assistant.configured ?? false;
  return (
    <EmptyState icon={<IconMessage2 size={30} stroke={1.6} />} title="Choose a conversation">
      {answers
        ? "The assistant answers first. Open a conversation to read along; when you reply yourself, the assistant pauses there and leaves it to you."
        : "Open a conversation to read it and to reply."}
    </EmptyState>
  );
}
