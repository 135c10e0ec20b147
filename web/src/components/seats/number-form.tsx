import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import classes from "./link-step.module.css";

interface Props {
  busy: boolean;
  onSubmit: (phone: string) => void;
  onCancel: () => void;
}

/** Asks for the number of the phone that is to be linked by a code. */
export function NumberForm({ busy, onSubmit, onCancel }: Props) {
  const [phone, setPhone] = useState("");
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (phone.trim()) onSubmit(phone.trim());
  };
  return (
    <form onSubmit={submitted} className={classes.step}>
      <TextInput
        label="The phone's number"
        description="With its country code. WhatsApp then shows a message on that phone."
        placeholder="+27 82 555 0142"
        type="tel"
        inputMode="tel"
        autoComplete="tel"
        value={phone}
        onChange={(event) => setPhone(event.currentTarget.value)}
        maxLength={32}
        required
        data-autofocus
        w="100%"
      />
      <Button type="submit" loading={busy} disabled={!phone.trim()} fullWidth>
        Get a code
      </Button>
      <Button variant="subtle" color="gray" onClick={onCancel}>
        Scan a QR code instead
      </Button>
    </form>
  );
}
