import { Button, Group, Modal, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { DialogForm } from "@/components/common/dialog-form";
import { fromField, suggestions, toField } from "@/lib/schedule";
import classes from "./schedule-dialog.module.css";

interface Props {
  opened: boolean;
  text: string;
  /** What the text is; some kinds of messages have none. */
  words: "message" | "caption" | "none";
  /** The names of the files that are sent. */
  files?: string[];
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

function Form({ text, words, files = [], at, busy, error, onSchedule, onClose }: Props) {
  const [now] = useState(() => new Date());
  const [written, setWritten] = useState(text);
  const [field, setField] = useState(() => toField(at ? new Date(at) : (suggestions(now)[0]?.at ?? now)));
  const chosen = fromField(field);
  const passed = chosen !== undefined && chosen <= new Date();
  const ready = chosen !== undefined && !passed && (words !== "message" || written.trim() !== "");
  return (
    <DialogForm
      submit={at ? "Save" : "Schedule"}
      ready={ready}
      busy={busy}
      error={error}
      onSubmit={() => chosen && onSchedule(written.trim(), chosen.toISOString())}
      onClose={onClose}
    >
      {files.length > 0 && (
        <Text size="sm" lineClamp={3} className={classes.files}>
          {files.join(", ")}
        </Text>
      )}
      {words !== "none" && (
        <Textarea
          label={words === "caption" ? "Caption" : "Message"}
          autosize
          minRows={2}
          maxRows={8}
          value={written}
          onChange={(event) => setWritten(event.currentTarget.value)}
        />
      )}
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
        description="By this device's clock and time zone. The AI is not paused by what is sent later."
        value={field}
        min={toField(now)}
        error={passed ? "That time has passed." : undefined}
        onChange={(event) => setField(event.currentTarget.value)}
        required
      />
    </DialogForm>
  );
}
