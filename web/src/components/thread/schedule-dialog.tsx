import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/common/problem-notice";
import { fromField, suggestions, toField } from "@/lib/schedule";

interface Props {
  opened: boolean;
  text: string;
  /** When it is to be sent so far; absent for a new message. */
  at?: string;
  busy: boolean;
  error: unknown;
  onSchedule: (text: string, at: string) => void;
  onClose: () => void;
}

/** Asks when a message is to be sent. */
export function ScheduleDialog(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.at ? "Change the scheduled message" : "Send later"}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ text, at, busy, error, onSchedule, onClose }: Props) {
  const [now] = useState(() => new Date());
  const [words, setWords] = useState(text);
  const [field, setField] = useState(() => toField(at ? new Date(at) : (suggestions(now)[0]?.at ?? now)));
  const chosen = fromField(field);
  const passed = chosen !== undefined && chosen <= new Date();
  const ready = chosen !== undefined && !passed && words.trim() !== "";
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (ready) onSchedule(words.trim(), chosen.toISOString());
  };
  return (
    <form onSubmit={submitted}>
      <Stack gap="md">
        <Textarea
          label="Message"
          autosize
          minRows={2}
          maxRows={8}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Group gap="xs">
          {suggestions(now).map((one) => (
            <Button
              key={one.label}
              type="button"
              size="compact-sm"
              variant="light"
              onClick={() => setField(toField(one.at))}
            >
              {one.label}
            </Button>
          ))}
        </Group>
        <TextInput
          type="datetime-local"
          label="Date and time"
          description="By this device's clock and time zone."
          value={field}
          min={toField(now)}
          error={passed ? "That time has passed." : undefined}
          onChange={(event) => setField(event.currentTarget.value)}
          required
        />
        {error ? <ProblemNotice error={error} /> : null}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!ready}>
            {at ? "Save" : "Schedule"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
