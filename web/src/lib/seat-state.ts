import type { Seat, SeatState } from "@/api/types";

/** How a state is to be taken: all well, underway, needs a person, or simply off. */
export type Tone = "good" | "busy" | "attention" | "off";

const labels: Record<SeatState, string> = {
  stopped: "Stopped",
  starting: "Starting",
  pairing: "Waiting for scan",
  connecting: "Connecting",
  connected: "Connected",
  retrying: "Reconnecting",
  logged_out: "Logged out",
  replaced: "Used elsewhere",
  banned: "Banned for now",
  outdated: "Needs an update",
  failed: "Stopped by error",
};

/** A seat's state in up to three words, with its tone. */
export function seatState({ linked, status }: Pick<Seat, "linked" | "status">): {
  label: string;
  tone: Tone;
} {
  if (status.state === "stopped" && !linked && !status.reason)
    return { label: "Not linked yet", tone: "off" };
  if (status.state === "pairing") return { label: pairingLabel(status.reason), tone: "busy" };
  return { label: labels[status.state], tone: toneOf(status) };
}

/** What pairing waits for. */
function pairingLabel(reason: Seat["status"]["reason"]): string {
  if (reason === "type_code") return "Waiting for the code";
  if (reason === "passkey_required") return "Waiting for a passkey";
  return reason === "confirm_code" ? "Compare the codes" : labels.pairing;
}

/** The words on the button that leads back to pairing. */
export function pairingButton({ status }: Pick<Seat, "status">): string {
  if (status.reason === "passkey_required") return "Use the passkey";
  if (status.reason === "confirm_code") return "Compare the codes";
  return status.reason === "type_code" ? "Show the code" : "Show the QR code";
}

function toneOf({ state, reason, actor }: Seat["status"]): Tone {
  if (state === "connected") return "good";
  if (state === "stopped" && (!reason || reason === "requested")) return "off";
  if (state === "pairing" || actor !== "person") return state === "banned" ? "attention" : "busy";
  return "attention";
}

/** The one thing to do next with a seat, if there is one. */
export function nextAction({ linked, status }: Seat): "pair" | "show-code" | "start" | null {
  if (status.state === "pairing") return "show-code";
  const resting = ["stopped", "logged_out", "replaced", "failed"].includes(status.state);
  if (!resting) return !linked && status.state === "starting" ? "show-code" : null;
  return linked ? "start" : "pair";
}

/** Whether a seat can be stopped: it runs or tries to. */
export function canStop({ status }: Seat): boolean {
  return !["stopped", "logged_out", "replaced", "failed"].includes(status.state);
}
