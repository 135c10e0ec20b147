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
import { ListFilter } from "@/components/conversations/list-filter";
import { NewConversation } from "@/components/conversations/new-conversation";
import { HistoryBar } from "@/components/seats/history-bar";
import { ThreadPane } from "@/components/thread/thread-pane";
import { belongs, type ConversationFilter, conversationPath, filterOf } from "@/lib/conversation-filter";
import { conversationsQuery } from "@/services/conversations";
import { seatsQuery } from "@/services/seats";
import { statusQuery } from "@/services/session";
import classes from "./conversations.module.css";

/** The inbox: the list, and beside it (on phones instead of it) the open thread. */
export function ConversationsPage({ open }: { open?: string }) {
  const [search] = useSearchParams();
  const filter = filterOf(search);
  useDocumentTitle("Conversations · Aibud");
  return (
    <div className={classes.inbox} data-open={open ? true : undefined}>
      <section className={classes.list} aria-label="Conversations">
        <ListPane open={open} filter={filter} />
      </section>
      <section className={classes.thread} aria-label="Messages">
        {open ? <ThreadPane key={open} id={open} back={conversationPath(filter)} /> : <NothingOpen />}
      </section>
    </div>
  );
}

function ListPane({ open, filter }: { open: string | undefined; filter: ConversationFilter }) {
  const { seat } = filter;
  const [, navigate] = useLocation();
  const list = useInfiniteQuery(conversationsQuery(filter));
  const seats = useQuery(seatsQuery).data ?? [];
  const configured = useQuery(statusQuery).data?.assistant.configured ?? true;
  const { fetchNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const conversations = list.data?.pages.flatMap((page) => page.items);
  const opened = (conversation: Conversation) => {
    // The list shows it: what is filtered may leave it out.
    const shown = [filter, { seat }].find((one) => belongs(one, conversation)) ?? {};
    navigate(conversationPath(shown, conversation.id));
  };

  return (
    <>
      <header className={classes.head}>
        <h1 className={classes.title}>Conversations</h1>
        <div className={classes.actions}>
          <ListFilter seats={seats} filter={filter} onChange={(to) => navigate(conversationPath(to, open))} />
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
      {conversations?.length === 0 && <NoConversations filter={filter} />}
      {conversations && conversations.length > 0 && (
        <ConversationList
          conversations={conversations}
          seats={seats}
          open={open}
          filter={filter}
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

function NoConversations({ filter }: { filter: ConversationFilter }) {
  const seats = useQuery(seatsQuery).data;
  if (seats?.some((seat) => seat.linked)) {
    return (
      <EmptyState
        icon={<IconMessages size={30} stroke={1.6} />}
        title={filter.label ? "No conversations" : "No conversations yet"}
      >
        {filter.label
          ? "No conversation has this label. Labels are put on in WhatsApp Business, on the phone."
          : filter.seat
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
