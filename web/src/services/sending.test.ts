import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { aMessage } from "@/test/views";
import { makeCache } from "./cache";
import { newPlan, notYetStored, type Outgoing, resendUnreached, useSending, useSendLater } from "./sending";

const outgoing = (key: string, text: string, after = 5): Outgoing => ({
  key,
  text,
  after,
  conversation: "c1",
  at: "2026-03-10T08:00:00Z",
});
const stored = (id: string, text: string, seq: number) =>
  aMessage({ id, text, seq, direction: "out", author: "user" });

test("a text that came back as a message is not shown twice", () => {
  const left = notYetStored([outgoing("k1", "ok"), outgoing("k2", "later")], [stored("m6", "ok", 6)]);
  expect(left.map(({ key }) => key)).toEqual(["k2"]);
});

test("an older message with the same text is another one", () => {
  expect(notYetStored([outgoing("k1", "ok")], [stored("m4", "ok", 4)])).toHaveLength(1);
});

test("the same text sent twice needs two messages", () => {
  const twice = [outgoing("k1", "ok"), outgoing("k2", "ok")];
  expect(notYetStored(twice, [stored("m6", "ok", 6)])).toHaveLength(1);
  expect(notYetStored(twice, [stored("m6", "ok", 6), stored("m7", "ok", 7)])).toHaveLength(0);
});

interface Sent {
  params: { header: { "Idempotency-Key": string } };
  body: { text: string; media?: { id: string }; send_at?: string };
}

test("files go in the order in which they were chosen, whichever is uploaded faster", async () => {
  const got: string[] = [];
  const post = async (_: string, { body }: Sent) => {
    got.push(body.media?.id ?? body.text);
    return { data: stored(`m${got.length}`, "", 5 + got.length), response: new Response() };
  };
  vi.spyOn(api, "POST").mockImplementation(post as unknown as typeof api.POST);
  let large: () => void = () => {};
  const uploaded = new Promise<void>((resolve) => {
    large = resolve;
  });
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    const name = new URL(String(url), "http://aibud.example").searchParams.get("filename");
    if (name === "large.mp4") await uploaded;
    return Response.json({ id: name });
  });
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(QueryClientProvider, { client: makeCache() }, children);
  const { result } = renderHook(() => useSending("c1"), { wrapper });
  act(() => {
    result.current.send("", 5, new File(["a"], "large.mp4"));
    result.current.send("", 5, new File(["b"], "small.pdf"));
    result.current.send("text", 5);
  });
  await waitFor(() => expect(got).toEqual(["text"])); // a text waits for no file
  act(() => large());
  await waitFor(() => expect(got).toEqual(["text", "large.mp4", "small.pdf"]));
});

test("what nothing answered goes out again under its key when the server is back", async () => {
  const got: [string, string][] = [];
  let reachable = false;
  const post = async (_: string, { params, body }: Sent) => {
    if (!reachable) throw new TypeError("Failed to fetch");
    got.push([body.text, params.header["Idempotency-Key"]]);
    return { data: stored(body.text, body.text, 9), response: new Response() };
  };
  vi.spyOn(api, "POST").mockImplementation(post as unknown as typeof api.POST);
  const cache = makeCache();
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(QueryClientProvider, { client: cache }, children);
  const { result } = renderHook(() => useSending("c1"), { wrapper });
  for (const text of ["first", "second"]) {
    act(() => result.current.send(text, 5));
    await waitFor(() => expect(result.current.outgoing.at(-1)).toMatchObject({ text, unreached: true }));
  }
  const keys = result.current.outgoing.map(({ key }) => key);
  reachable = true;
  await act(() => resendUnreached(cache));
  expect(got).toEqual([
    ["first", keys[0]],
    ["second", keys[1]],
  ]);
  await waitFor(() => expect(result.current.outgoing).toEqual([]));
});

test("files that are sent later go on where one has failed", async () => {
  const got: [string, string | undefined][] = [];
  let refused = "plan.pdf";
  const post = async (_: string, { body }: Sent) => {
    if (body.media?.id === refused) throw new TypeError("Failed to fetch");
    got.push([body.media?.id ?? body.text, body.send_at]);
    return { data: stored(`m${got.length}`, "", 5 + got.length), response: new Response() };
  };
  vi.spyOn(api, "POST").mockImplementation(post as unknown as typeof api.POST);
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url) =>
    Response.json({ id: new URL(String(url), "http://aibud.example").searchParams.get("filename") }),
  );
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(QueryClientProvider, { client: makeCache() }, children);
  const { result } = renderHook(() => useSendLater("c1"), { wrapper });
  const plan = newPlan("The front", [new File(["a"], "front.png"), new File(["b"], "plan.pdf")]);
  const at = "2026-03-11T08:00:00Z";
  act(() => result.current.mutate({ plan, text: plan.text, at }));
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(plan.done).toBe(1);
  refused = "";
  act(() => result.current.mutate({ plan, text: plan.text, at }));
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(got).toEqual([
    ["front.png", at],
    ["plan.pdf", at],
  ]);
});
