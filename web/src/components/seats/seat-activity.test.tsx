import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { SeatActivity } from "./seat-activity";

const now = new Date("2026-03-10T12:00:00Z");

test("shows what the connection did last, and the proxy", () => {
  const seat = aSeat({
    last_frame_at: "2026-03-10T11:59:30Z",
    last_message_at: "2026-03-09T09:00:00Z",
    reconnects_today: 3,
    proxy: { url: "socks5://proxy.example:1080", credentials: true },
  });
  show(<SeatActivity seat={seat} now={now} />);
  expect(screen.getByText("Last heard")).toBeVisible();
  expect(screen.getByText("Yesterday")).toBeVisible();
  expect(screen.getByText("3 reconnects")).toBeVisible();
  expect(screen.getByText(/socks5:\/\/proxy.example:1080/)).toBeVisible();
});

test("says what WhatsApp forbids, as long as it does", () => {
  const restriction = { type: "DEFAULT", until: "2026-03-10T14:00:00Z", sentence: "Restricted." };
  show(<SeatActivity seat={aSeat({ restriction })} now={now} />);
  expect(screen.getByRole("note")).toHaveTextContent("Restricted. Until");
});

test("a restriction that has ended is not shown", () => {
  const restriction = { type: "DEFAULT", until: "2026-03-10T11:00:00Z", sentence: "Restricted." };
  show(<SeatActivity seat={aSeat({ restriction })} now={now} />);
  expect(screen.queryByRole("note")).toBeNull();
});
