import { Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { ProblemNotice } from "./problem-notice";

interface Props {
  /** What the button says that submits. */
  submit?: string;
  /** Whether what was entered can be submitted. */
  ready?: boolean;
  busy: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  /** A further button, before the usual ones. */
  extra?: ReactNode;
  children: ReactNode;
}

/** The form of a dialog: its fields, what went wrong, and the buttons that save or leave it. */
export function DialogForm({
  submit = "Save",
  ready = true,
  busy,
  error,
  onSubmit,
  onClose,
  extra,
  children,
}: Props) {
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (ready) onSubmit();
  };
  return (
    <form onSubmit={submitted}>
      <Stack gap="md">
        {children}
        {error ? <ProblemNotice error={error} /> : null}
        <Group justify="flex-end" gap="sm">
          {extra}
          <Group gap="sm" wrap="nowrap">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!ready}>
              {submit}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
