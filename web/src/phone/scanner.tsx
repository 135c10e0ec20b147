import { Alert, Button, NativeSelect, Stack } from "@mantine/core";
import { IconCamera, IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { ProblemNotice } from "@/components/common/problem-notice";
import { phoneNumber } from "@/lib/format";
import type { DemoSeat, Person } from "./api";
import { useScan } from "./api";
import classes from "./scanner.module.css";

/** Holds the camera of a simulated phone to the QR code that the dashboard shows. */
export function Scanner({ seats, spare }: { seats: DemoSeat[]; spare: Person[] }) {
  const scan = useScan();
  const [phone, setPhone] = useState("");
  const waiting = seats.find((seat) => seat.state === "pairing");
  const chosen = spare.find((one) => one.number === phone) ?? spare[0];
  return (
    <section className={classes.box} aria-label="Scan a QR code">
      <h2 className={classes.title}>Pair a new seat</h2>
      {waiting && chosen ? (
        <Stack gap="sm">
          <p className={classes.text}>
            The dashboard shows a QR code for <b>{waiting.name}</b>. Hold a phone's camera to it:
          </p>
          <NativeSelect
            label="Phone"
            value={chosen.number}
            onChange={(event) => setPhone(event.currentTarget.value)}
            data={spare.map(({ number, name }) => ({
              value: number,
              label: `${name} · ${phoneNumber(number)}`,
            }))}
          />
          <Button
            leftSection={<IconCamera size={18} />}
            loading={scan.isPending}
            onClick={() => scan.mutate({ seat: waiting.id, phone: chosen.number })}
          >
            Scan the QR code
          </Button>
        </Stack>
      ) : (
        <p className={classes.text}>
          {chosen
            ? "In the dashboard, add a seat or press “Pair a phone”. As soon as its QR code shows, you can scan it here with one click."
            : "Every simulated phone is paired already."}
        </p>
      )}
      {scan.isError && (
        <div className={classes.outcome}>
          <ProblemNotice error={scan.error} />
        </div>
      )}
      {scan.isSuccess && !waiting && (
        <Alert className={classes.outcome} color="bud" icon={<IconCheck size={18} />} role="status">
          Scanned. The dashboard shows the seat as connected in a moment.
        </Alert>
      )}
    </section>
  );
}
