import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import type { Sending } from "@/api/types";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { SendingDialog } from "./sending-dialog";

const none = { sent: 0, replies: 0, strangers: 0 };
const sending: Sending = {
  settings: {
    per_minute: 20,
    burst: 10,
    per_hour: 200,
    per_day: 1000,
    strangers_per_hour: 20,
    strangers_per_day: 60,
    typing: false,
    typing_speed: 40,
    typing_longest: 4,
  },
  hour: none,
  day: none,
  queued: 0,
  scheduled: 0,
};

afterEach(() => vi.restoreAllMocks());

test("an hour can't have more than a day", async () => {
  vi.spyOn(api, "GET").mockResolvedValue({ data: sending, response: new Response() } as never);
  show(<SendingDialog seat={aSeat()} onClose={() => {}} />);
  const hour = await screen.findByRole("textbox", { name: /^An hour/ });
  await userEvent.clear(hour);
  await userEvent.type(hour, "1001");
  expect(hour).toBeInvalid();
  expect(hour).toHaveAccessibleDescription(/More than in 24 hours/);
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  const day = screen.getByRole("textbox", { name: /^24 hours/ });
  await userEvent.clear(day);
  await userEvent.type(day, "1001");
  expect(hour).toBeValid();
  expect(screen.getByRole("button", { name: "Save" })).toBeEnabled();
});
