import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Seat } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";
import { useSetPresence } from "@/services/seats";

/** When a seat appears online. */
export function PresenceDialog({ seat, onClose }: { seat: Seat | undefined; onClose: () => void }) {
  return (
    <Modal opened={seat !== undefined} onClose={onClose} title={`Presence of ${seat?.name ?? "the seat"}`}>
      {seat && <Form seat={seat} onClose={onClose} />}
    </Modal>
  );
}

type Mode = Seat["presence"];

const modes: { value: Mode; label: string; description: string }[] = [
  {
    value: "unavailable",
    label: "Never online",
    description: "The phone's notifications always work. You don't see whether leads are online or typing.",
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
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ seat: seat.id, presence: mode }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submitted}>
      <Stack gap="lg">
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
          WhatsApp tells who is online only to those who are online themselves, and lets a phone be silent
          while another device of its account is.
        </Text>
        {save.error ? <ProblemNotice error={save.error} /> : null}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
