import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "@/test/render";
import { Composer } from "./composer";

const field = () => screen.getByRole("textbox", { name: "Message" });

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
