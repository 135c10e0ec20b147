import { Button, Group, Modal, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import type { Pairing, PasskeyAnswer, Seat } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";
import { phoneNumber } from "@/lib/phone";
import { CountdownRing } from "./countdown-ring";
import { LinkCode } from "./link-code";
import { NumberForm } from "./number-form";
import classes from "./pair-dialog.module.css";
import { pairStep } from "./pair-step";
import { PairingSteps } from "./pairing-steps";
import { ConfirmStep, PasskeyStep } from "./passkey-step";

interface Props {
  seat: Seat | undefined;
  busy: boolean;
  error: unknown;
  /** Asks for (another) code, for the phone with the given number if there is one; starts a seat that has a phone already. Tells when that was done. */
  onStart: (phone?: string, started?: () => void) => void;
  onPasskey?: (answer: PasskeyAnswer) => void;
  onConfirm?: () => void;
  onClose: () => void;
}

/** Links a phone to a seat: shows the code of the moment, and what became of it. */
export function PairDialog({ seat, error, ...rest }: Props) {
  return (
    <Modal
      opened={seat !== undefined}
      onClose={rest.onClose}
      title={seat && `Pair a phone with ${seat.name}`}
      size={720}
    >
      {error ? <ProblemNotice error={error} /> : null}
      {seat && <Step seat={seat} {...rest} />}
    </Modal>
  );
}

type StepProps = Omit<Props, "seat" | "error"> & { seat: Seat };

function Step(props: StepProps) {
  const { seat, busy, onStart, onClose } = props;
  switch (pairStep(seat)) {
    case "code":
      return <Linking {...props} />;
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
              <Button loading={busy} onClick={() => onStart()} data-autofocus>
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

/** What is to be done to link the phone: the QR code unless another step is due. */
function Linking({ seat, busy, onStart, onPasskey, onConfirm }: StepProps) {
  const { pairing } = seat;
  const [asksNumber, setAsksNumber] = useState(false);
  const [byCode, setByCode] = useState(false);
  if (pairing?.passkey)
    return <PasskeyStep options={pairing.passkey} busy={busy} onAnswer={(answer) => onPasskey?.(answer)} />;
  if (pairing?.step === "confirm" && pairing.code)
    return <ConfirmStep code={pairing.code} busy={busy} onConfirm={() => onConfirm?.()} />;
  const shows = pairing ? pairing.step === "code" : byCode;
  // A number that is refused stays in its field.
  const choose = (phone?: string) =>
    onStart(phone, () => {
      setAsksNumber(false);
      setByCode(phone !== undefined);
    });
  return (
    <div className={classes.columns}>
      {asksNumber ? (
        <NumberForm busy={busy} onSubmit={choose} onCancel={() => setAsksNumber(false)} />
      ) : (
        <div className={classes.code}>
          {shows ? <LinkCode pairing={pairing} /> : <Code pairing={pairing} />}
          <Button
            variant="subtle"
            size="sm"
            onClick={() => (shows ? choose() : setAsksNumber(true))}
            loading={busy}
          >
            {shows ? "Scan a QR code instead" : "Link with the phone number instead"}
          </Button>
        </div>
      )}
      <PairingSteps byCode={shows || asksNumber} />
    </div>
  );
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
