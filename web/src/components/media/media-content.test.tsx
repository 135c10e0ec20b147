import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import type { Media } from "@/api/types";
import { show } from "@/test/render";
import { aMessage } from "@/test/views";
import { MediaContent } from "./media-content";

/** Which files each call asked links for. */
let asked: string[][];
let now: number;

beforeEach(() => {
  asked = [];
  now = Date.parse("2026-05-04T10:00:00Z");
  vi.spyOn(Date, "now").mockImplementation(() => now);
  vi.spyOn(api, "POST").mockImplementation((async (_: string, { body }: { body: { media: string[] } }) => {
    asked.push(body.media);
    const items = body.media.map((media) => ({
      media,
      url: `https://elsewhere.example/v1/media/${media}?signature=${asked.length}`,
      thumbnail_url: `https://elsewhere.example/v1/media/${media}/thumbnail?signature=${asked.length}`,
      expires_at: new Date(now + 30 * 60_000).toISOString(),
    }));
    return { data: { items }, response: new Response() };
  }) as never);
});
afterEach(() => vi.restoreAllMocks());

const aFile = (more: Partial<Media> = {}): Media => ({ id: "f1", state: "stored", thumbnail: true, ...more });

test("the links to what a page shows are asked for at once, and lead to where the page came from", async () => {
  show(
    <>
      <MediaContent message={aMessage({ kind: "image", text: "Front" })} media={aFile()} />
      <MediaContent message={aMessage({ kind: "image", text: "Back" })} media={aFile({ id: "f2" })} />
      <MediaContent
        message={aMessage({ kind: "document" })}
        media={aFile({ id: "f3", name: "lease.pdf", thumbnail: false })}
      />
    </>,
  );
  const front = screen.getByRole("img", { name: "Front" });
  await waitFor(() => expect(front).toHaveAttribute("src", "/v1/media/f1/thumbnail?signature=1&v=stored"));
  expect(screen.getByRole("link", { name: /lease.pdf/ })).toHaveAttribute("href", "/v1/media/f3?signature=1");
  expect(asked).toEqual([["f1", "f2", "f3"]]);
});

test("a link that has ended is renewed, one that fails for another reason is not", async () => {
  show(<MediaContent message={aMessage({ kind: "image", text: "Front" })} media={aFile()} />);
  const front = screen.getByRole("img", { name: "Front" });
  await waitFor(() => expect(front).toHaveAttribute("src", expect.stringContaining("signature=1")));
  fireEvent.error(front);
  expect(asked).toHaveLength(1);
  now += 31 * 60_000;
  fireEvent.error(front);
  await waitFor(() => expect(front).toHaveAttribute("src", expect.stringContaining("signature=2")));
});

test("what plays goes on where it was when its link has ended", async () => {
  const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLMediaElement.prototype, "paused", "get").mockReturnValue(false);
  const { container } = show(<MediaContent message={aMessage({ kind: "video" })} media={aFile()} />);
  const video = container.querySelector("video") as HTMLVideoElement;
  await waitFor(() => expect(video).toHaveAttribute("src", "/v1/media/f1?signature=1"));
  act(() => {
    video.currentTime = 42;
  });
  now += 31 * 60_000;
  fireEvent.error(video);
  await waitFor(() => expect(video).toHaveAttribute("src", "/v1/media/f1?signature=2"));
  expect(video.currentTime).toBe(42);
  expect(play).toHaveBeenCalledOnce();
});

test("a file that is on its way says how far it is, or what it waits for", () => {
  const message = aMessage({ kind: "document" });
  show(
    <>
      <MediaContent message={message} media={aFile({ state: "downloading", percent: 45 })} />
      <MediaContent message={message} media={aFile({ state: "waiting" })} />
      <MediaContent
        message={message}
        media={aFile({ state: "waiting", note: "The phone was asked for it." })}
      />
    </>,
  );
  expect(screen.getByText("Downloading… 45 %")).toBeVisible();
  expect(screen.getByText("Waits to be downloaded")).toBeVisible();
  expect(screen.getByText("The phone was asked for it.")).toBeVisible();
  expect(screen.queryByRole("button")).toBeNull();
});

test("a file that is not here says why, and can be asked for", async () => {
  show(
    <MediaContent
      message={aMessage({ kind: "document" })}
      media={aFile({ state: "gone", name: "lease.pdf", note: "Ask the sender to send it again." })}
    />,
  );
  expect(screen.getByText("Ask the sender to send it again.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  expect(asked).toEqual([]);
});
