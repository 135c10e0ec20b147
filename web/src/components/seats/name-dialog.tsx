import { Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { DialogForm } from "@/components/common/dialog-form";

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
  return (
    <DialogForm
      submit={submit}
      ready={name.trim() !== ""}
      busy={busy}
      error={error}
      onSubmit={() => onSubmit(name.trim())}
      onClose={onClose}
    >
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
    </DialogForm>
  );
}
