import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Seat } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";

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
    <Modal
      opened={props.seat !== undefined}
      onClose={props.onClose}
      title={props.seat && `Proxy of ${props.seat.name}`}
    >
      {props.seat && <Form {...props} seat={props.seat} />}
    </Modal>
  );
}

function Form({ seat, busy, error, onSubmit, onClose }: Props & { seat: Seat }) {
  const [url, setURL] = useState("");
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (url.trim()) onSubmit(url.trim());
  };
  return (
    <form onSubmit={submitted}>
      <Stack gap="md">
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
        {error ? <ProblemNotice error={error} /> : null}
        <Group justify="flex-end" gap="sm">
          {seat.proxy && (
            <Button variant="subtle" color="red" loading={busy} onClick={() => onSubmit("")}>
              Remove the proxy
            </Button>
          )}
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!url.trim()}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
