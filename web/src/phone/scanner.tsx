import { Alert, Button, NativeSelect, Stack } from "@mantine/core";
import { IconCamera, IconCheck, IconKeyboard } from "@tabler/icons-react";
import { useState } from "react";
import { ProblemNotice } from "@/components/common/problem-notice";
import { phoneNumber } from "@/lib/phone";
import type { DemoSeat, Person } from "./api";
import { useScan } from "./api";
import classes from "./scanner.module.css";

/** Links a simulated phone to a seat: scans the QR code that the dashboard shows, or types in its code. */
export function Scanner({ seats, spare }: { seats: DemoSeat[]; spare: Person[] }) {
  const scan = useScan();
  const waiting = seats.find((seat) => seat.state === "pairing");
  const link = (phone: string) => waiting && scan.mutate({ seat: waiting.id, phone });
  return (
    <section className={classes.box} aria-label="Pair a new seat">
      <h2 className={classes.title}>Pair a new seat</h2>
      {!waiting || !spare.length ? (
        <p className={classes.text}>
          {spare.length
            ? "In the dashboard, add a seat or press “Pair a phone”. As soon as its QR code shows, you can scan it here with one click."
            : "Every simulated phone is paired already."}
        </p>
      ) : waiting.code_for ? (
        <Typing seat={waiting} number={waiting.code_for} spare={spare} busy={scan.isPending} onLink={link} />
      ) : (
        <Scanning seat={waiting} spare={spare} busy={scan.isPending} onLink={link} />
      )}
      {scan.isError && (
        <div className={classes.outcome}>
          <ProblemNotice error={scan.error} />
        </div>
      )}
      {scan.isSuccess && !waiting && (
        <Alert className={classes.outcome} color="bud" icon={<IconCheck size={18} />} role="status">
          Linked. The dashboard shows the seat as connected in a moment.
        </Alert>
      )}
    </section>
  );
}

interface Props {
  seat: DemoSeat;
  spare: Person[];
  busy: boolean;
  onLink: (phone: string) => void;
}

const named = ({ name, number }: Person) => `${name} · ${phoneNumber(number)}`;

function Scanning({ seat, spare, busy, onLink }: Props) {
  const [phone, setPhone] = useState("");
  const chosen = spare.find((one) => one.number === phone) ?? spare[0];
  if (!chosen) return null;
  return (
    <Stack gap="sm">
      <p className={classes.text}>
        The dashboard shows a QR code for <b>{seat.name}</b>. Hold a phone's camera to it:
      </p>
      <NativeSelect
        label="Phone"
        value={chosen.number}
        onChange={(event) => setPhone(event.currentTarget.value)}
        data={spare.map((one) => ({ value: one.number, label: named(one) }))}
      />
      <Button leftSection={<IconCamera size={18} />} loading={busy} onClick={() => onLink(chosen.number)}>
        Scan the QR code
      </Button>
    </Stack>
  );
}

function Typing({ seat, number, spare, busy, onLink }: Props & { number: string }) {
  const phone = spare.find((one) => one.number === number);
  if (!phone)
    return (
      <p className={classes.text}>
        The dashboard shows a code for {phoneNumber(number)}, but no phone here has that number. These can be
        linked: {spare.map(named).join(", ")}.
      </p>
    );
  return (
    <Stack gap="sm">
      <p className={classes.text}>
        The dashboard shows a code for <b>{seat.name}</b> and the phone {named(phone)}.
      </p>
      <Button leftSection={<IconKeyboard size={18} />} loading={busy} onClick={() => onLink(phone.number)}>
        Type the code into the phone
      </Button>
    </Stack>
  );
}
