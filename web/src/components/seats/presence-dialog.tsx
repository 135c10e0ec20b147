import { Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Seat } from "@/api/types";
import { DialogForm } from "@/components/common/dialog-form";
import { useSetPresence } from "@/services/seats";
import { SeatDialog } from "./seat-dialog";

/** When a seat appears online. */
export function PresenceDialog({ seat, onClose }: { seat: Seat | undefined; onClose: () => void }) {
  return (
    <SeatDialog seat={seat} onClose={onClose} title="Presence of">
      {(seat) => <Form seat={seat} onClose={onClose} />}
    </SeatDialog>
  );
}

type Mode = Seat["presence"];

const modes: { value: Mode; label: string; description: string }[] = [
  {
    value: "unavailable",
    label: "Only while something is typed here",
    description: "The phone's notifications work. You don't see whether leads are online or typing.",
  },
  {
    value: "watching",
    label: "While a conversation is open here",
    description: "You see when leads are online or typing. Meanwhile the phone may stay silent.",
  },
  {
    value: "available",
    label: "Always online",
    description: "The phone may show no notifications at all.",
  },
];

function Form({ seat, onClose }: { seat: Seat; onClose: () => void }) {
  const [mode, setMode] = useState<Mode>(seat.presence);
  const save = useSetPresence();
  return (
    <DialogForm
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate({ seat: seat.id, presence: mode }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Radio.Group
        label="When leads see this number online"
        value={mode}
        onChange={(value) => setMode(value as Mode)}
      >
        <Stack gap="md" mt="sm">
          {modes.map((one) => (
            <Radio key={one.value} {...one} />
          ))}
        </Stack>
      </Radio.Group>
      <Text size="sm" c="dimmed">
        WhatsApp tells who is online only to those who are online themselves, and lets a phone be silent while
        another device of its account is.
      </Text>
    </DialogForm>
  );
}
