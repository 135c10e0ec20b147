import { Skeleton } from "@mantine/core";
import type { Pairing } from "@/api/types";
import { phoneNumber } from "@/lib/phone";
import { CountdownRing } from "./countdown-ring";
import classes from "./link-step.module.css";

/** The code that is to be typed into the phone. */
export function LinkCode({ pairing }: { pairing: Pairing | undefined }) {
  if (!pairing?.code)
    return (
      <div className={classes.step} role="status">
        <Skeleton height={88} radius={18} aria-label="Waiting for a code" />
        Asking WhatsApp for a code…
      </div>
    );
  return (
    <div className={classes.step}>
      <p className={classes.text}>For {phoneNumber(pairing.phone)}</p>
      <output className={classes.code} aria-label="Code to type into the phone">
        {pairing.code}
      </output>
      <CountdownRing until={pairing.expires_at} />
    </div>
  );
}
