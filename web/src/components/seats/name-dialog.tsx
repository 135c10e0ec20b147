import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/common/problem-notice";

interface Props {
  opened: boolean;
  title: string;
  description: string;
  submit: string;
  initial?: string;
  busy: boolean;
  error: unknown;
  onSubmit: (name: string) => void;
  onClose: () => void;
}

/** Asks for a seat's name. */
export function NameDialog(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <Form {...props} />
    </Modal>
  );
}

function Form({ description, submit, initial = "", busy, error, onSubmit, onClose }: Props) {
  const [name, setName] = useState(initial);
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onSubmit(name.trim());
  };
  return (
    <form onSubmit={submitted}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description={description}
          placeholder="Sales Sandton"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={80}
          required
          data-autofocus
        />
        {error ? <ProblemNotice error={error} /> : null}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!name.trim()}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
