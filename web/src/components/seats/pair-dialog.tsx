import { Button, Group, Modal, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pairing, Seat } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";
import { phoneNumber } from "@/lib/format";
import { CountdownRing } from "./countdown-ring";
import classes from "./pair-dialog.module.css";
import { pairStep } from "./pair-step";
import { PairingSteps } from "./pairing-steps";

interface Props {
  seat: Seat | undefined;
  busy: boolean;
  error: unknown;
  /** Asks for (another) code; starts a seat that has a phone already. */
  onStart: () => void;
  onClose: () => void;
}

/** Links a phone to a seat: shows the code of the moment, and what became of it. */
export function PairDialog({ seat, busy, error, onStart, onClose }: Props) {
  return (
    <Modal
      opened={seat !== undefined}
      onClose={onClose}
      title={seat && `Pair a phone with ${seat.name}`}
      size={720}
    >
      {error ? <ProblemNotice error={error} /> : null}
      {seat && <Step seat={seat} busy={busy} onStart={onStart} onClose={onClose} />}
    </Modal>
  );
}

function Step({ seat, busy, onStart, onClose }: Omit<Props, "seat" | "error"> & { seat: Seat }) {
  switch (pairStep(seat)) {
    case "code":
      return (
        <div className={classes.columns}>
          <Code pairing={seat.pairing} />
          <PairingSteps />
        </div>
      );
    case "login":
      return (
        <Outcome icon={<span className={classes.pulse} />} title="Logging in…">
          {seat.phone ? `${phoneNumber(seat.phone)} is linked. ` : ""}
          {seat.status.sentence} Keep the phone online for a moment.
        </Outcome>
      );
    case "connected":
      return (
        <Outcome
          tone="good"
          icon={<IconCheck size={34} />}
          title="Connected"
          actions={
            <>
              <Button variant="default" onClick={onClose}>
                Done
              </Button>
              <Button component={Link} href="/conversations">
                Open conversations
              </Button>
            </>
          }
        >
          {seat.name} now receives messages as {phoneNumber(seat.phone) || "the linked number"}
          {seat.push_name ? ` (${seat.push_name})` : ""}. You can put the phone away.
        </Outcome>
      );
    case "retry":
      return (
        <Outcome
          tone="attention"
          icon={<IconAlertTriangle size={32} />}
          title={seat.status.reason === "number_taken" ? "This number is taken" : "Not linked"}
          actions={
            <>
              <Button variant="default" onClick={onClose}>
                Close
              </Button>
              <Button loading={busy} onClick={onStart} data-autofocus>
                {seat.status.reason && seat.status.reason !== "requested" ? "Try again" : "Show a QR code"}
              </Button>
            </>
          }
        >
          {seat.status.sentence}
        </Outcome>
      );
  }
}

function Code({ pairing }: { pairing: Pairing | undefined }) {
  return (
    <div className={classes.code}>
      <p className={classes.elsewhere}>Open this page on another screen so that the phone can scan it.</p>
      <div className={classes.paper}>
        {pairing?.png ? (
          <img src={pairing.png} alt="QR code to scan with WhatsApp" className={classes.picture} />
        ) : (
          <Skeleton width="100%" height="100%" radius={8} aria-label="Waiting for a code" />
        )}
      </div>
      {pairing?.png ? (
        <CountdownRing until={pairing.expires_at} />
      ) : (
        <p className={classes.wait} role="status">
          Asking WhatsApp for a code…
        </p>
      )}
    </div>
  );
}

interface OutcomeProps {
  tone?: "good" | "attention";
  icon: ReactNode;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}

function Outcome({ tone, icon, title, children, actions }: OutcomeProps) {
  return (
    <div className={classes.outcome} role="status">
      <span className={classes.icon} data-tone={tone} aria-hidden="true">
        {icon}
      </span>
      <h3 className={classes.title}>{title}</h3>
      <p className={classes.text}>{children}</p>
      {actions && <Group justify="center">{actions}</Group>}
    </div>
  );
}
