import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { show } from "@/test/render";
import { aConversation, aSeat } from "@/test/views";
import { NewConversation } from "./new-conversation";

type Options = { params?: { path?: { seat?: string } }; body?: unknown };
/** What the server was asked to do, and how it answers. */
let asked: { method: string; seat?: string; body: unknown }[];
let answers: Record<string, [number, object]>;

beforeEach(() => {
  asked = [];
  answers = { GET: [200, { region: "ZA" }] };
  for (const method of ["GET", "POST", "PUT"] as const) {
    const answer = async (_path: string, options: Options) => {
      asked.push({ method, seat: options.params?.path?.seat, body: options.body });
      const [status, body] = answers[method] ?? [500, {}];
      return { [status < 300 ? "data" : "error"]: body, response: new Response(null, { status }) };
    };
    vi.spyOn(api, method).mockImplementation(answer as never);
  }
});
afterEach(() => vi.restoreAllMocks());

const seats = [
  aSeat({ id: "s1", name: "Sales", state: "logged_out" }),
  aSeat({ id: "s2", name: "Rentals" }),
  aSeat({ id: "s3", name: "Not paired", linked: false }),
];

async function dialog(onOpen = vi.fn(), all = seats) {
  show(<NewConversation seats={all} seat={undefined} onOpen={onOpen} />);
  await userEvent.click(screen.getByRole("button", { name: "New conversation" }));
  return onOpen;
}

test("opens the conversation with a number, from the seat that is connected", async () => {
  const conversation = aConversation({ id: "c7", seat: "s2" });
  answers.POST = [200, conversation];
  const opened = await dialog();
  expect(await screen.findByText(/from South Africa/)).toBeVisible();
  await userEvent.type(screen.getByLabelText(/Phone number/), "082 123 4567");
  await userEvent.type(screen.getByLabelText(/Name/), "Thandi");
  await userEvent.click(screen.getByRole("button", { name: "Open" }));
  await waitFor(() => expect(opened).toHaveBeenCalledWith(conversation));
  expect(asked.at(-1)).toEqual({
    method: "POST",
    seat: "s2",
    body: { phone: "082 123 4567", name: "Thandi" },
  });
});

test("says at the number what is wrong with it, until it is changed", async () => {
  answers.POST = [422, { code: "not_on_whatsapp", detail: "+27 82 123 4567 is not on WhatsApp." }];
  const opened = await dialog();
  const field = screen.getByLabelText(/Phone number/);
  await userEvent.type(field, "0821234567{enter}");
  expect(await screen.findByText("+27 82 123 4567 is not on WhatsApp.")).toBeVisible();
  expect(field).toHaveAttribute("aria-invalid", "true");
  await userEvent.type(field, "8");
  expect(screen.queryByText("+27 82 123 4567 is not on WhatsApp.")).toBeNull();
  expect(opened).not.toHaveBeenCalled();
});

test("another country can be chosen for numbers without a code", async () => {
  answers.PUT = [200, { region: "NA" }];
  await dialog();
  await userEvent.click(await screen.findByRole("button", { name: "Change" }));
  const country = screen.getByRole("combobox", { name: /Country of numbers/ });
  await userEvent.clear(country);
  await userEvent.type(country, "Namib");
  await userEvent.click(await screen.findByText("Namibia (+264)"));
  expect(await screen.findByText(/from Namibia/)).toBeVisible();
  expect(asked.at(-1)?.body).toEqual({ region: "NA" });
});

test("without a paired phone there is nothing to open", () => {
  show(<NewConversation seats={[aSeat({ linked: false })]} seat={undefined} onOpen={() => {}} />);
  expect(screen.queryByRole("button", { name: "New conversation" })).toBeNull();
});
