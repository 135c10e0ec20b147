import { Button, Skeleton } from "@mantine/core";
import { useDocumentVisibility } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconMessageOff } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Link } from "wouter";
import { asProblem, sentenceOf } from "@/api/problem";
import type { Conversation } from "@/api/types";
import { EmptyState } from "@/components/common/empty-state";
import { ProblemNotice } from "@/components/common/problem-notice";
import { assistantState } from "@/lib/assistant-state";
import { silentBecause } from "@/lib/silent";
import { useNow } from "@/lib/use-now";
import {
  conversationQuery,
  messagesQuery,
  useCancelMessage,
  useMarkRead,
  useRetryMessage,
} from "@/services/conversations";
import { seatsQuery } from "@/services/seats";
import { newPlan, notYetStored, useSending } from "@/services/sending";
import { statusQuery } from "@/services/session";
import { AssistantBar } from "./assistant-bar";
import { Composer } from "./composer";
import { MessageList } from "./message-list";
import { type Planned, PlannedDialog } from "./planned-dialog";
import { ThreadHeader } from "./thread-header";
import classes from "./thread-pane.module.css";

interface Props {
  id: string;
  /** Where the back button of phones leads. */
  back: string;
}

/** One conversation: who it is with, what the AI does, the messages, and a place to answer. */
export function ThreadPane({ id, back }: Props) {
  const conversation = useQuery(conversationQuery(id));
  useReadMarks(conversation.data);
  if (conversation.isPending) return <ThreadSkeleton />;
  if (conversation.data) return <Thread conversation={conversation.data} back={back} />;
  if (asProblem(conversation.error).status === 404) {
    return (
      <EmptyState
        icon={<IconMessageOff size={30} stroke={1.6} />}
        title="There is no such conversation"
        action={<Back to={back} />}
      >
        It may have been joined with another one of the same person. Choose one from the list.
      </EmptyState>
    );
  }
  return (
    <div className={classes.notice}>
      <ProblemNotice error={conversation.error} onRetry={() => void conversation.refetch()} />
      <Back to={back} />
    </div>
  );
}

/** The way out of a thread that shows nothing: phones have no list beside it. */
function Back({ to }: { to: string }) {
  return (
    <Button component={Link} href={to} variant="default" mt="md">
      Back to the conversations
    </Button>
  );
}

function Thread({ conversation, back }: { conversation: Conversation; back: string }) {
  const { id } = conversation;
  const messages = useInfiniteQuery(messagesQuery(id));
  const seat = useQuery(seatsQuery).data?.find((one) => one.id === conversation.seat);
  const configured = useQuery(statusQuery).data?.assistant.configured ?? true;
  const state = assistantState(conversation, configured, useNow(15_000));
  const sending = useSending(id);
  const retry = useRetryMessage();
  const cancel = useCancelMessage();
  const [planned, setPlanned] = useState<Planned | null>(null);
  const all = useMemo(() => messages.data?.pages.flatMap((page) => page.items) ?? [], [messages.data]);
  useProblem(cancel.error ?? retry.error);
  const newest = all.reduce((highest, message) => Math.max(highest, message.seq), 0);

  const direct = conversation.type === "direct";
  const silent = silentBecause(conversation);

  return (
    <>
      <ThreadHeader conversation={conversation} seat={seat} state={state} back={back} />
      <AssistantBar conversation={id} state={state} />
      {messages.isPending && <BubblesSkeleton />}
      {(messages.isLoadingError || messages.isFetchNextPageError) && (
        <div className={classes.notice}>
          <ProblemNotice error={messages.error} onRetry={() => void messages.refetch()} />
        </div>
      )}
      {messages.data && (
        <MessageList
          messages={all}
          outgoing={notYetStored(sending.outgoing, all)}
          writing={state.kind === "writing"}
          hasOlder={messages.hasNextPage}
          loadingOlder={messages.isFetchingNextPage}
          onOlder={() => void messages.fetchNextPage()}
          onRetry={(message) => retry.mutate(message)}
          onCancel={(message) => cancel.mutate(message)}
          onReschedule={(message) => setPlanned({ message })}
          onResend={sending.resend}
          onForget={sending.forget}
        />
      )}
      {silent ? (
        <p className={classes.silent}>{silent}</p>
      ) : (
        <Composer
          conversation={id}
          hint={
            seat && seat.status.state !== "connected"
              ? `${seat.name} is not connected: messages wait until it is.`
              : undefined
          }
          showsTyping={direct && seat?.status.state === "connected"}
          aiAnswers={direct && (state.kind === "on" || state.kind === "writing")}
          onSend={(text, file, kind) => sending.send(text, newest, file, kind)}
          onSendLater={(text, files, taken) => setPlanned({ plan: newPlan(text, files), taken })}
        />
      )}
      <PlannedDialog conversation={id} planned={planned} onClose={() => setPlanned(null)} />
    </>
  );
}

/** Tells what went wrong with a button in the thread, where there is no room for it. */
function useProblem(error: Error | null): void {
  useEffect(() => {
    if (error) notifications.show({ color: "red", message: sentenceOf(error) });
  }, [error]);
}

/** Tells the server that the messages were read while somebody looks at them. */
function useReadMarks(conversation: Conversation | undefined): void {
  const { mutate } = useMarkRead();
  const visible = useDocumentVisibility() === "visible";
  const id = conversation?.id;
  const unread = conversation?.unread ?? 0;
  useEffect(() => {
    if (id && visible && unread > 0) mutate(id);
  }, [id, visible, unread, mutate]);
}

function ThreadSkeleton() {
  return (
    <>
      <div className={classes.headSkeleton} aria-busy="true">
        <Skeleton circle height={40} />
        <Skeleton height={15} width={180} />
      </div>
      <BubblesSkeleton />
    </>
  );
}

function BubblesSkeleton() {
  return (
    <div className={classes.bubblesSkeleton} aria-busy="true">
      <Skeleton height={52} width="46%" radius={18} />
      <Skeleton height={76} width="56%" radius={18} ml="auto" />
      <Skeleton height={40} width="34%" radius={18} />
      <Skeleton height={52} width="50%" radius={18} ml="auto" />
    </div>
  );
}
