import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Seat } from "@/api/types";
import { DialogForm } from "@/components/common/dialog-form";
import { SeatDialog } from "./seat-dialog";

interface Props {
  seat: Seat | undefined;
  busy: boolean;
  error: unknown;
  /** Sets the proxy's address; an empty one removes it. */
  onSubmit: (url: string) => void;
  onClose: () => void;
}

/** Sets the proxy that a seat goes through. */
export function ProxyDialog(props: Props) {
  return (
    <SeatDialog seat={props.seat} onClose={props.onClose} title="Proxy of">
      {(seat) => <Form {...props} seat={seat} />}
    </SeatDialog>
  );
}

function Form({ seat, busy, error, onSubmit, onClose }: Props & { seat: Seat }) {
  const [url, setURL] = useState("");
  return (
    <DialogForm
      ready={url.trim() !== ""}
      busy={busy}
      error={error}
      onSubmit={() => onSubmit(url.trim())}
      onClose={onClose}
      extra={
        seat.proxy && (
          <Button variant="subtle" color="red" loading={busy} onClick={() => onSubmit("")}>
            Remove the proxy
          </Button>
        )
      }
    >
      <TextInput
        label={seat.proxy ? "New address" : "Address"}
        description={
          seat.proxy
            ? `Now ${seat.proxy.url}${seat.proxy.credentials ? ", with user name or password" : ""}. The seat reconnects when you change it.`
            : "The seat reaches WhatsApp only through it, never around it. It reconnects when you save."
        }
        placeholder="socks5://user:password@proxy.example:1080"
        value={url}
        onChange={(event) => setURL(event.currentTarget.value)}
        maxLength={1024}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
    </DialogForm>
  );
}
