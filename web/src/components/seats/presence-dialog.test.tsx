import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { PresenceDialog } from "./presence-dialog";

afterEach(() => vi.restoreAllMocks());

test("sets when a seat appears online, and leaves its other settings alone", async () => {
  const settings = {
    presence: "unavailable",
    reject_calls: true,
    reject_text: "Please write",
    unarchive: false,
  };
  const answer = (data: object) => ({ data, response: new Response(null, { status: 200 }) });
  vi.spyOn(api, "GET").mockResolvedValue(answer(settings) as never);
  const put = vi.spyOn(api, "PUT").mockResolvedValue(answer({ ...settings, presence: "watching" }) as never);
  const close = vi.fn();
  show(<PresenceDialog seat={aSeat()} onClose={close} />);
  expect(await screen.findByRole("radio", { name: "Only while something is typed here" })).toBeChecked();
  await userEvent.click(screen.getByRole("radio", { name: "While a conversation is open here" }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(put.mock.calls[0]?.[1]).toMatchObject({
    body: { presence: "watching", reject_calls: true, reject_text: "Please write" },
  });
});
