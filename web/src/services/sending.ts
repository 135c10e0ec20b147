import { type QueryClient, useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { asProblem, sentenceOf } from "@/api/problem";
import type { Message } from "@/api/types";
import { randomKey } from "@/lib/id";
import { putAnsweredMessage, putMessage } from "@/live/apply";
import { keys } from "./keys";
import { uploadFile } from "./media";

/** A text, or a file with a caption, on its way to the server. */
export interface Outgoing {
  /** Idempotency key: the server makes one message of it however often it is sent. */
  key: string;
  conversation: string;
  text: string;
  /** What goes with it; the text is its caption then. */
  file?: File;
  /** How the file is shown, if not as what it looks like. */
  kind?: "voice";
  at: string;
  /** The newest message's number when it was written; the message that it becomes has a higher one. */
  after: number;
  /** Why it did not reach the server; absent while it is on its way. */
  failure?: string;
  /** Nothing answered: it is sent again when the connection is back. */
  unreached?: boolean;
}

/** What was uploaded, by the key of its message: a second try must be about the same file. */
const uploaded = new Map<string, string>();

async function uploadOnce(key: string, file: File): Promise<string> {
  const id = uploaded.get(key) ?? (await uploadFile(file)).id ?? "";
  uploaded.set(key, id);
  return id;
}

/** What is to become a message. */
type Post = Pick<Outgoing, "key" | "conversation" | "text" | "file" | "kind">;

async function post({ key, conversation, text, file, kind }: Post, at?: string): Promise<Message> {
  const media = file && (await uploadOnce(key, file));
  return take(
    api.POST("/v1/conversations/{conversation}/messages", {
      // What is asked for with another time is another message.
      params: { path: { conversation }, header: { "Idempotency-Key": at ? `${key} ${at}` : key } },
      body: { ...(media ? { media: { id: media, caption: text, kind } } : { text }), send_at: at },
    }),
  );
}

/** A text, or files of which the first has it as its caption, that are to be sent later. */
export interface Plan {
  text: string;
  files: File[];
  /** An idempotency key for each message. */
  keys: string[];
  /** How many of the messages the server has. */
  done: number;
}

/** A plan of which the server knows nothing yet. */
export function newPlan(text: string, files: File[]): Plan {
  return { text, files, keys: Array.from({ length: Math.max(1, files.length) }, randomKey), done: 0 };
}

/** Has the server send what is planned at a time. After a failure it goes on where it stopped. */
export function useSendLater(conversation: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ plan, text, at }: { plan: Plan; text: string; at: string }) => {
      for (const [index, key] of plan.keys.entries()) {
        if (index < plan.done) continue;
        const item = { key, conversation, text: index === 0 ? text : "", file: plan.files[index] };
        putMessage(cache, await post(item, at));
        plan.done = index + 1;
      }
    },
  });
}

/** What the file that was sent last to a conversation becomes, as long as that isn't known. */
const turns = new Map<string, Promise<unknown>>();

/** Does the work after what was asked for before, however that ended: a small file doesn't overtake the large one before it. */
function inTurn<T>(conversation: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(conversation) ?? Promise.resolve();
  const mine = before.then(work, work);
  turns.set(conversation, mine);
  const done = () => {
    if (turns.get(conversation) === mine) turns.delete(conversation);
  };
  mine.then(done, done);
  return mine;
}

/** What goes to the server in a conversation, and how to send, send again and give up. */
export function useSending(conversation: string) {
  const cache = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: keys.sending(conversation),
    mutationFn: (item: Outgoing) => (item.file ? inTurn(conversation, () => post(item)) : post(item)),
    onSuccess: (message) => putAnsweredMessage(cache, message),
    gcTime: Number.POSITIVE_INFINITY, // a text that failed stays until it is sent or given up
  });
  const outgoing = useMutationState({
    filters: { mutationKey: keys.sending(conversation), exact: true },
    select: ({ state }): Outgoing | null => {
      if (state.status !== "pending" && state.status !== "error") return null;
      const failure = state.status === "error" ? sentenceOf(state.error) : undefined;
      const unreached = failure !== undefined && unanswered(state.error);
      return { ...(state.variables as Outgoing), failure, unreached };
    },
  }).filter((item) => item !== null);

  const forget = (key: string) => {
    const mutations = cache.getMutationCache();
    const of = mutations.find({
      mutationKey: keys.sending(conversation),
      predicate: ({ state }) => (state.variables as Outgoing | undefined)?.key === key,
    });
    if (of) mutations.remove(of);
  };
  return {
    outgoing,
    send: (text: string, after: number, file?: File, kind?: "voice") =>
      mutate({ key: randomKey(), conversation, text, file, kind, after, at: new Date().toISOString() }),
    resend: (item: Outgoing) => {
      forget(item.key);
      mutate({ ...item, failure: undefined, unreached: undefined });
    },
    forget,
  };
}

/**
 * Sends what nothing answered once more, in the order in which it was written.
 * Each text keeps its key, so one that had arrived after all is not sent twice.
 */
export async function resendUnreached(cache: QueryClient): Promise<void> {
  const unreached = cache.getMutationCache().findAll({
    mutationKey: keys.sendings,
    status: "error",
    predicate: ({ state }) => unanswered(state.error),
  });
  for (const text of unreached) {
    // It may have been given up or tried by hand meanwhile. A failure stays in the mutation, for its bubble to show.
    const waits = cache.getMutationCache().getAll().includes(text) && text.state.status === "error";
    if (waits) await text.execute(text.state.variables).catch(() => undefined);
  }
}

/** Whether the server itself said nothing: no answer, or one of a proxy before it. */
function unanswered(error: unknown): boolean {
  const { status } = asProblem(error);
  return status === 0 || (status >= 502 && status <= 504);
}

/**
 * Leaves out what already came back as a message: the live event may be
 * quicker than the answer to the request. Each message stands for one text.
 */
export function notYetStored(outgoing: Outgoing[], messages: Message[]): Outgoing[] {
  const taken = new Set<string>();
  return outgoing.filter((item) => {
    const stored = messages.find(
      (message) =>
        message.author === "user" &&
        (message.kind === "text") === !item.file &&
        message.seq > item.after &&
        message.text === item.text &&
        !taken.has(message.id),
    );
    if (stored) taken.add(stored.id);
    return !stored;
  });
}
