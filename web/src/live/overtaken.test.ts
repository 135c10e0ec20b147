import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { keys } from "@/services/keys";
import { aSeat } from "@/test/views";
import { refetchOvertaken } from "./overtaken";

test("what an event overtakes is asked for once more", async () => {
  const cache = new QueryClient();
  let answer: (value: string) => void = () => {};
  const ask = vi.fn(() => new Promise<string>((done) => (answer = done)));
  const waiting = new WeakSet<Promise<unknown>>();
  const event = { seq: 1, kind: "seat.state", data: aSeat() } as const;

  refetchOvertaken(cache, event, waiting);
  const fetched = cache.fetchQuery({ queryKey: keys.seats, queryFn: ask });
  refetchOvertaken(cache, event, waiting);
  refetchOvertaken(cache, event, waiting);
  answer("old");
  await fetched;
  await vi.waitFor(() => expect(cache.getQueryState(keys.seats)?.isInvalidated).toBe(true));
  expect(ask).toHaveBeenCalledTimes(1);
});
