import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { show } from "@/test/render";
import { aMessage } from "@/test/views";
import { Bubble } from "./bubble";

afterEach(() => vi.restoreAllMocks());

const nothing = () => {};
const shown = {
  first: true,
  last: true,
  reactions: [],
  onRetry: nothing,
  onCancel: nothing,
  onReschedule: nothing,
};

test("the assistant's messages carry its name", () => {
  show(<Bubble {...shown} message={aMessage({ direction: "out", author: "assistant", delivery: "sent" })} />);
  expect(screen.getByText("Assistant")).toBeVisible();
  expect(screen.getByRole("img", { name: "Sent" })).toBeVisible();
});

test("a failed message says why and can be tried again", async () => {
  const retry = vi.fn();
  const message = aMessage({
    direction: "out",
    author: "user",
    delivery: "failed",
    failure: "Not on WhatsApp.",
  });
  show(<Bubble {...shown} message={message} onRetry={retry} />);
  expect(screen.getByRole("alert")).toHaveTextContent("Not on WhatsApp.");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledWith(message);
});

test("a kind that can't be shown is named, with its caption", () => {
  show(<Bubble {...shown} message={aMessage({ kind: "document", text: "The lease" })} reactions={["👍"]} />);
  expect(screen.getByText("Document")).toBeVisible();
  expect(screen.getByText("The lease")).toBeVisible();
  expect(screen.getByRole("img", { name: "Reactions: 👍" })).toBeVisible();
});

test("a text is text, whatever is in it", () => {
  show(<Bubble {...shown} message={aMessage({ text: "<img src=x onerror=alert(1)>" })} />);
  expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
});

test("links lead out without telling where from, and styles are shown", () => {
  show(<Bubble {...shown} message={aMessage({ text: "*See* https://a.example/x" })} />);
  expect(screen.getByText("See").tagName).toBe("STRONG");
  const link = screen.getByRole("link", { name: "https://a.example/x" });
  expect(link).toHaveAttribute("href", "https://a.example/x");
  expect(link).toHaveAttribute("target", "_blank");
  expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
});

test("a colleague's messages carry their name", () => {
  const message = aMessage({ direction: "out", author: "user", sent_by: "Pieter Botha", delivery: "sent" });
  show(<Bubble {...shown} message={message} />);
  expect(screen.getByText("Pieter Botha")).toBeVisible();
});

test("a message that no phone has any more is not waited for", () => {
  const longAgo = new Date(Date.now() - 15 * 24 * 60 * 60 * 1000).toISOString();
  show(<Bubble {...shown} message={aMessage({ kind: "waiting", text: "", at: longAgo })} />);
  expect(screen.getByText(/never arrived/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Ask the phone again" })).toBeNull();
});

test("what is to be seen once is for the phone: nobody waits for it", () => {
  const message = aMessage({
    kind: "waiting",
    text: "",
    at: new Date().toISOString(),
    content: { view_once: true },
  });
  show(<Bubble {...shown} message={message} />);
  expect(screen.getByText("To be seen once. Open it on the phone.")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Ask the phone again" })).toBeNull();
});

test("the phone is asked for a message that can't be read, and what is wrong is told", async () => {
  const post = vi.spyOn(api, "POST").mockRejectedValueOnce(new Problem("The seat is not connected.", 409));
  show(
    <Bubble
      {...shown}
      message={aMessage({ id: "m7", kind: "waiting", text: "", at: new Date().toISOString() })}
    />,
  );
  const button = screen.getByRole("button", { name: "Ask the phone again" });
  await userEvent.click(button);
  expect(await screen.findByText("The seat is not connected.")).toBeVisible();
  post.mockResolvedValueOnce({ response: new Response(null, { status: 202 }) } as never);
  await userEvent.click(button);
  expect(await screen.findByText(/^Asked\./)).toBeVisible();
  expect(post.mock.calls[1]?.[1]).toMatchObject({ params: { path: { conversation: "c1", message: "m7" } } });
});
