import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Seat } from "@/api/types";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { PairDialog } from "./pair-dialog";

type Start = (phone?: string, started?: () => void) => void;
const open = (seat: Seat, onStart: Start = () => {}) =>
  show(<PairDialog seat={seat} busy={false} error={null} onStart={onStart} onClose={() => {}} />);

test("shows the code of the moment with what to do", () => {
  const pairing = {
    seat: "s1",
    step: "qr" as const,
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

test("links with a number: asks for it, then shows the code", async () => {
  const start = vi.fn<Start>((_phone, started) => started?.());
  open(aSeat({ state: "pairing", linked: false }), start);
  await userEvent.click(screen.getByRole("button", { name: "Link with the phone number instead" }));
  await userEvent.type(screen.getByLabelText(/The phone's number/), "+27 82 555 0142");
  await userEvent.click(screen.getByRole("button", { name: "Get a code" }));
  expect(start).toHaveBeenCalledWith("+27 82 555 0142", expect.any(Function));
  expect(screen.getByText("Asking WhatsApp for a code…")).toBeVisible();
});

test("a number that is refused can be corrected", async () => {
  open(aSeat({ state: "pairing", linked: false }), () => {});
  await userEvent.click(screen.getByRole("button", { name: "Link with the phone number instead" }));
  await userEvent.type(screen.getByLabelText(/The phone's number/), "082 12");
  await userEvent.click(screen.getByRole("button", { name: "Get a code" }));
  expect(screen.getByLabelText(/The phone's number/)).toHaveValue("082 12");
});

test("shows the code large, and goes back to scanning", async () => {
  const start = vi.fn();
  const pairing = {
    seat: "s1",
    step: "code" as const,
    code: "ABCD-EFGH",
    phone: "27825550142",
    expires_at: "2099-01-01T00:00:00Z",
  };
  open(aSeat({ state: "pairing", linked: false, pairing }), start);
  expect(screen.getByLabelText("Code to type into the phone")).toHaveTextContent("ABCD-EFGH");
  expect(screen.getByText("For +27 82 555 0142")).toBeVisible();
  expect(screen.getByText("Link with phone number instead")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Scan a QR code instead" }));
  expect(start).toHaveBeenCalledWith(undefined, expect.any(Function));
});

test("takes the passkey's answer, and has codes compared", async () => {
  const [answered, confirmed] = [vi.fn(), vi.fn()];
  const passkey = { challenge: "AAEC", rpId: "whatsapp.com" };
  const dialog = (pairing: Seat["pairing"]) => (
    <PairDialog
      seat={aSeat({ state: "pairing", linked: false, pairing })}
      busy={false}
      error={null}
      onStart={() => {}}
      onPasskey={answered}
      onConfirm={confirmed}
      onClose={() => {}}
    />
  );
  const expires_at = "2099-01-01T00:00:00Z";
  const first = show(dialog({ seat: "s1", step: "passkey", passkey, expires_at }));
  await userEvent.click(screen.getByRole("button", { name: "Use my passkey" }));
  expect(await screen.findByText(/doesn't give WhatsApp's passkey to this page/)).toBeVisible();
  const answer = {
    id: "Y3I",
    rawId: "Y3I",
    type: "public-key",
    response: { clientDataJSON: "e30", authenticatorData: "AA", signature: "AA" },
  };
  await userEvent.click(screen.getByLabelText("The passkey's answer"));
  await userEvent.paste(JSON.stringify(answer));
  await userEvent.click(screen.getByRole("button", { name: "Send the answer" }));
  expect(answered).toHaveBeenCalledWith(answer);
  first.unmount();

  show(dialog({ seat: "s1", step: "confirm", code: "WXYZ-1234", expires_at }));
  expect(screen.getByLabelText("Code to compare")).toHaveTextContent("WXYZ-1234");
  await userEvent.click(screen.getByRole("button", { name: "The codes are the same" }));
  expect(confirmed).toHaveBeenCalledOnce();
});
