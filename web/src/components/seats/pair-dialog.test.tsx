import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Seat } from "@/api/types";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { PairDialog } from "./pair-dialog";

const open = (seat: Seat, onStart = () => {}) =>
  show(<PairDialog seat={seat} busy={false} error={null} onStart={onStart} onClose={() => {}} />);

test("shows the code of the moment with what to do", () => {
  const pairing = {
    seat: "s1",
    code: "c",
    png: "data:image/png;base64,AA==",
    expires_at: "2099-01-01T00:00:00Z",
  };
  open(aSeat({ state: "pairing", linked: false, pairing }));
  expect(screen.getByAltText("QR code to scan with WhatsApp")).toHaveAttribute("src", pairing.png);
  expect(screen.getByText("Linked devices")).toBeVisible();
});

test("offers to try again when nobody scanned in time", async () => {
  const start = vi.fn();
  const seat = aSeat({ state: "stopped", linked: false });
  seat.status = {
    ...seat.status,
    reason: "pairing_timed_out",
    sentence: "No phone scanned the QR code in time.",
  };
  open(seat, start);
  expect(screen.getByText("No phone scanned the QR code in time.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(start).toHaveBeenCalledOnce();
});

test("says which seat has the number already", () => {
  const seat = aSeat({ state: "failed", linked: false });
  seat.status = {
    ...seat.status,
    reason: "number_taken",
    sentence: "That number is already connected as “Sales”.",
  };
  open(seat);
  expect(screen.getByRole("heading", { name: "This number is taken" })).toBeVisible();
  expect(screen.getByText(/already connected as “Sales”/)).toBeVisible();
});

test("says when it is connected", () => {
  open(aSeat({ phone: "27825550142" }));
  expect(screen.getByRole("heading", { name: "Connected" })).toBeVisible();
  expect(screen.getByText(/\+27 82 555 0142/)).toBeVisible();
});
