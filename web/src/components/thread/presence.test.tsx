import { MantineProvider } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import type { Conversation, Presence } from "@/api/types";
import { ConversationRow } from "@/components/conversations/conversation-row";
import { makeCache } from "@/services/cache";
import { keys } from "@/services/keys";
import { aConversation, aMessage } from "@/test/views";
import { theme } from "@/theme/theme";
import { ThreadHeader } from "./thread-header";

vi.mock("@/live/live", () => ({ useLiveState: () => "live" }));

let cache: QueryClient;
let watched: string[];
let answer: Presence;
beforeEach(() => {
  cache = makeCache();
  watched = [];
  answer = { conversation: "c1", doing: "idle" };
  const post = async (_: string, { params }: { params: { path: { conversation: string } } }) => {
    watched.push(params.path.conversation);
    return { data: answer, response: new Response(null, { status: 200 }) };
  };
  vi.spyOn(api, "POST").mockImplementation(post as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function page(conversation: Conversation) {
  return render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={cache}>
        <ThreadHeader
          conversation={conversation}
          seat={undefined}
          state={{ kind: "on", label: "AI answers" }}
          back="/"
        />
        <ConversationRow
          conversation={{ ...conversation, last_message: aMessage({ text: "Is it free?" }) }}
          href="/"
          active={false}
          configured
          now={new Date()}
        />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const tell = (data: Presence) => act(async () => cache.setQueryData(keys.presence(data.conversation), data));
const header = () => screen.getByRole("banner");
const row = () => screen.getByRole("link", { name: /Naledi Khumalo/ });

test("an open conversation is watched, and shows what its person does", async () => {
  answer = { conversation: "c1", doing: "idle", online: true };
  page(aConversation());
  await waitFor(() => expect(header()).toHaveTextContent("online · +27 82 555 0142"));
  expect(row()).toHaveTextContent("Is it free?");
  await tell({ conversation: "c1", doing: "typing", online: true });
  await waitFor(() => expect(header()).toHaveTextContent("typing… ·"));
  expect(row()).toHaveTextContent("typing…");
  expect(row()).not.toHaveTextContent("Is it free?");
  await tell({ conversation: "c1", doing: "idle", online: false, last_seen: "2020-03-01T08:00:00Z" });
  await waitFor(() => expect(header()).toHaveTextContent("last seen 1 March 2020"));
  expect(watched).toEqual(["c1"]);
});

test("it is watched as long as it is open", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { unmount } = page(aConversation());
  await vi.advanceTimersByTimeAsync(46_000);
  expect(watched).toEqual(["c1", "c1"]);
  unmount();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(watched).toHaveLength(2);
});

test("rooms are not watched", async () => {
  page(aConversation({ type: "group" }));
  await tell({ conversation: "c1", doing: "recording", contact: "Sipho" });
  await waitFor(() => expect(header()).toHaveTextContent("Sipho is recording audio…"));
  expect(watched).toEqual([]);
});
