import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { show } from "@/test/render";
import { Composer } from "./composer";

/** What the server was told that somebody does. */
const doings = (calls: unknown) =>
  (calls as [string, { body: { doing: string } }][]).map(([, { body }]) => body.doing);
const field = () => screen.getByRole("textbox", { name: "Message" });

afterEach(() => vi.restoreAllMocks());

test("Enter sends, Shift+Enter breaks the line", async () => {
  const send = vi.fn();
  show(<Composer conversation="c1" aiAnswers={false} onSend={send} />);
  await userEvent.type(field(), "Dear Naledi,{Shift>}{Enter}{/Shift}see you{Enter}");
  expect(send).toHaveBeenCalledExactlyOnceWith("Dear Naledi,\nsee you");
  expect(field()).toHaveValue("");
});

test("blanks are not sent", async () => {
  const send = vi.fn();
  show(<Composer conversation="c1" aiAnswers={false} onSend={send} />);
  await userEvent.type(field(), "  {Enter}");
  expect(send).not.toHaveBeenCalled();
  expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
});

test("what is unsent is kept by conversation", async () => {
  const first = show(<Composer conversation="c1" aiAnswers={false} onSend={() => {}} />);
  await userEvent.type(field(), "Half a thought");
  first.unmount();
  const other = show(<Composer conversation="c2" aiAnswers={false} onSend={() => {}} />);
  expect(field()).toHaveValue("");
  other.unmount();
  show(<Composer conversation="c1" aiAnswers={false} onSend={() => {}} />);
  expect(field()).toHaveValue("Half a thought");
});

test("it says what sending does, and what keeps it from arriving", async () => {
  const { rerender } = show(<Composer conversation="c1" aiAnswers onSend={() => {}} />);
  await userEvent.type(field(), "Hello");
  expect(field()).toHaveAccessibleDescription(/the AI pauses/);
  rerender(<div />);
  show(<Composer conversation="c1" aiAnswers hint="Sales is not connected." onSend={() => {}} />);
  expect(field()).toHaveAccessibleDescription("Sales is not connected.");
});

test("a text over WhatsApp's limit is not sent", () => {
  localStorage.setItem("aibud.draft.c1", "x".repeat(65_540));
  show(<Composer conversation="c1" aiAnswers={false} onSend={() => {}} />);
  expect(field()).toHaveAccessibleDescription(/4 characters too long/);
  expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
});

test("files can be sent later too, and what the server has is gone from the composer", async () => {
  const later = vi.fn<(text: string, files: File[], taken: (messages: number) => void) => void>();
  show(<Composer conversation="c1" aiAnswers={false} onSend={() => {}} onSendLater={later} />);
  const files = [new File(["a"], "front.png"), new File(["b"], "plan.pdf")];
  await userEvent.upload(screen.getByTestId("files"), files);
  await userEvent.type(field(), "The front");
  await userEvent.click(screen.getByRole("button", { name: "Send later" }));
  expect(later).toHaveBeenCalledExactlyOnceWith("The front", files, expect.any(Function));
  act(() => later.mock.calls[0]?.[2](1));
  expect(screen.queryByText("front.png")).toBeNull();
  expect(screen.getByText("plan.pdf")).toBeVisible();
  expect(field()).toHaveValue("");
});

test("the lead sees that somebody types, until it is sent", async () => {
  const put = vi
    .spyOn(api, "PUT")
    .mockResolvedValue({ response: new Response(null, { status: 204 }) } as never);
  const told = () => doings(put.mock.calls);
  show(<Composer conversation="c1" showsTyping aiAnswers={false} onSend={() => {}} />);
  await userEvent.type(field(), "Good morning");
  await vi.waitFor(() => expect(told()).toEqual(["typing"]));
  await userEvent.type(field(), "{Enter}");
  await vi.waitFor(() => expect(told()).toEqual(["typing", "idle"]));
});

test("it is told again while somebody types on, and ends when they pause", async () => {
  vi.useFakeTimers();
  const put = vi
    .spyOn(api, "PUT")
    .mockResolvedValue({ response: new Response(null, { status: 204 }) } as never);
  const told = () => doings(put.mock.calls);
  show(<Composer conversation="c1" showsTyping aiAnswers={false} onSend={() => {}} />);
  for (let seconds = 0; seconds < 12; seconds += 3) {
    fireEvent.change(field(), { target: { value: `${seconds} seconds` } });
    await act(() => vi.advanceTimersByTimeAsync(3000));
  }
  expect(told()).toEqual(["typing", "typing"]);
  await act(() => vi.advanceTimersByTimeAsync(6000));
  expect(told()).toEqual(["typing", "typing", "idle"]);
  vi.useRealTimers();
});

test("where it can't be shown nobody is told", async () => {
  const put = vi.spyOn(api, "PUT");
  show(<Composer conversation="c1" aiAnswers={false} onSend={() => {}} />);
  await userEvent.type(field(), "Good morning");
  expect(put).not.toHaveBeenCalled();
});
