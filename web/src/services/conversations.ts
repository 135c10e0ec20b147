import {
  infiniteQueryOptions,
  queryOptions,
  skipToken,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Conversation, Label, Message, Page } from "@/api/types";
import type { ConversationFilter } from "@/lib/conversation-filter";
import { putAnsweredMessage, putConversation, putMessage } from "@/live/apply";
import { keys } from "./keys";

const next = <T>(page: Page<T>): string | undefined => page.next_cursor || undefined;

/** The conversations that a filter lets through: the newest message first. */
export const conversationsQuery = ({ seat, label }: ConversationFilter) =>
  infiniteQueryOptions({
    queryKey: keys.conversations({ seat, label }),
    queryFn: ({ pageParam, signal }): Promise<Page<Conversation>> => {
      const query = { seat, label, cursor: pageParam, limit: 40 };
      return take(api.GET("/v1/conversations", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: next,
  });

/** A seat's labels. */
export const labelsQuery = (seat: string | undefined) =>
  queryOptions({
    queryKey: keys.labels(seat ?? ""),
    queryFn: seat
      ? async ({ signal }): Promise<Label[]> =>
          (await take(api.GET("/v1/seats/{seat}/labels", { params: { path: { seat } }, signal }))).items
      : skipToken,
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) =>
      take(api.GET("/v1/conversations/{conversation}", { params: { path: { conversation: id } }, signal })),
  });

/** The messages of a conversation: the newest first, older ones page by page. */
export const messagesQuery = (conversation: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(conversation),
    queryFn: ({ pageParam, signal }): Promise<Page<Message>> =>
      take(
        api.GET("/v1/conversations/{conversation}/messages", {
          params: { path: { conversation }, query: { cursor: pageParam, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: next,
  });

/** Finds or begins the conversation with a number. */
export function useOpenConversation() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ seat, phone, name }: { seat: string; phone: string; name?: string }) =>
      take(api.POST("/v1/seats/{seat}/conversations", { params: { path: { seat } }, body: { phone, name } })),
    onSuccess: (conversation) => putConversation(cache, conversation),
  });
}

/** Puts a failed message back into the outbox. */
export function useRetryMessage() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (message: Message) =>
      take(
        api.POST("/v1/conversations/{conversation}/messages/{message}/retry", {
          params: { path: { conversation: message.conversation, message: message.id } },
        }),
      ),
    onSuccess: (message) => putAnsweredMessage(cache, message),
  });
}

/** Has the phone asked for a message that could not be decrypted. It comes as an event, if the phone has it. */
export function useRequestMessage() {
  return useMutation({
    mutationFn: (message: Message) =>
      take(
        api.POST("/v1/conversations/{conversation}/messages/{message}/request", {
          params: { path: { conversation: message.conversation, message: message.id } },
        }),
      ),
  });
}

/** Tells the server, and it the lead, that the messages were read. */
export function useMarkRead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (conversation: string) =>
      take(api.POST("/v1/conversations/{conversation}/read", { params: { path: { conversation } } })),
    onMutate: (id) => {
      const known = cache.getQueryData<Conversation>(keys.conversation(id));
      if (known) putConversation(cache, { ...known, unread: 0 });
    },
  });
}

/** Switches the AI in one conversation; switching it on also ends a pause. */
export function useSwitchAssistant() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ conversation, enabled }: { conversation: string; enabled: boolean }) =>
      take(
        api.PUT("/v1/conversations/{conversation}/assistant", {
          params: { path: { conversation } },
          body: { enabled },
        }),
      ),
    onSuccess: (conversation) => putConversation(cache, conversation),
  });
}

/** Takes back a message that is not sent yet. */
export function useCancelMessage() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (message: Message) =>
      take(
        api.DELETE("/v1/conversations/{conversation}/messages/{message}", {
          params: { path: { conversation: message.conversation, message: message.id } },
        }),
      ),
    onSuccess: (message) => putMessage(cache, message),
  });
}

/** Changes a message that is to be sent later: its time, and its words if it has any. */
export function useReschedule() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ message, text, at }: { message: Message; text: string | undefined; at: string }) =>
      take(
        api.PATCH("/v1/conversations/{conversation}/messages/{message}", {
          params: { path: { conversation: message.conversation, message: message.id } },
          body: { text, send_at: at },
        }),
      ),
    onSuccess: (message) => putMessage(cache, message),
  });
}
