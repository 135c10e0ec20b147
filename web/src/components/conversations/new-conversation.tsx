import { ActionIcon, Modal, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMessagePlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { asProblem } from "@/api/problem";
import type { Conversation, Seat } from "@/api/types";
import { DialogForm } from "@/components/common/dialog-form";
import { countries, countryName } from "@/lib/countries";
import { useOpenConversation } from "@/services/conversations";
import { settingsQuery, useSetRegion } from "@/services/settings";
import classes from "./new-conversation.module.css";

interface Props {
  seats: Seat[];
  /** The seat that the list shows, if it shows one. */
  seat: string | undefined;
  onOpen: (conversation: Conversation) => void;
}

/** The button that opens a conversation with a number, and its dialog. */
export function NewConversation({ seats, seat, onOpen }: Props) {
  const [opened, dialog] = useDisclosure(false);
  const linked = seats.filter((one) => one.linked);
  if (linked.length === 0) return null;
  return (
    <>
      <ActionIcon
        variant="light"
        size={34}
        aria-label="New conversation"
        title="New conversation"
        onClick={dialog.open}
      >
        <IconMessagePlus size={19} />
      </ActionIcon>
      <Modal opened={opened} onClose={dialog.close} title="New conversation">
        <Form
          seats={linked}
          seat={seat}
          onClose={dialog.close}
          onOpen={(conversation) => {
            dialog.close();
            onOpen(conversation);
          }}
        />
      </Modal>
    </>
  );
}

/** The seat to begin with: the list's, else one that is connected. */
function firstSeat(seats: Seat[], wanted: string | undefined): string {
  const chosen =
    seats.find((one) => one.id === wanted) ??
    seats.find((one) => one.status.state === "connected") ??
    seats[0];
  return chosen?.id ?? "";
}

function Form({ seats, seat, onOpen, onClose }: Props & { onClose: () => void }) {
  const [from, setFrom] = useState(() => firstSeat(seats, seat));
  const [phone, setPhone] = useState("");
  const [name, setName] = useState("");
  const open = useOpenConversation();
  const problem = open.error ? asProblem(open.error) : null;
  const ofNumber =
    problem?.fields.phone ?? (problem?.code === "not_on_whatsapp" ? problem.message : undefined);
  return (
    <DialogForm
      submit="Open"
      ready={phone.trim() !== ""}
      busy={open.isPending}
      error={ofNumber ? null : problem}
      onSubmit={() =>
        open.mutate(
          { seat: from, phone: phone.trim(), name: name.trim() || undefined },
          { onSuccess: onOpen },
        )
      }
      onClose={onClose}
    >
      {seats.length > 1 && (
        <Select
          label="From"
          data={seats.map((one) => ({ value: one.id, label: one.name }))}
          value={from}
          onChange={(value) => value && setFrom(value)}
          allowDeselect={false}
        />
      )}
      <div>
        <TextInput
          label="Phone number"
          type="tel"
          inputMode="tel"
          autoComplete="off"
          value={phone}
          onChange={(event) => {
            setPhone(event.currentTarget.value);
            open.reset();
          }}
          error={ofNumber}
          maxLength={64}
          required
          data-autofocus
        />
        <Region />
      </div>
      <TextInput
        label="Name"
        description="Optional. Shown until the person's own name is known."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
      />
    </DialogForm>
  );
}

/** Says whose numbers need no country code, and lets one choose another country. */
function Region() {
  const region = useQuery(settingsQuery).data?.region;
  const change = useSetRegion();
  const [choosing, setChoosing] = useState(false);
  const all = useMemo(countries, []);
  if (!region) return null;
  if (choosing)
    return (
      <Select
        mt="sm"
        label="Country of numbers without a country code"
        description="For everybody in your agency."
        data={all}
        value={region}
        onChange={(value) => {
          if (value && value !== region) change.mutate(value);
          setChoosing(false);
        }}
        error={change.error ? asProblem(change.error).message : undefined}
        searchable
        allowDeselect={false}
        defaultDropdownOpened
        nothingFoundMessage="No such country"
      />
    );
  return (
    <p className={classes.hint}>
      Numbers without a country code are taken to be from {countryName(region)}.{" "}
      <button type="button" className={classes.change} onClick={() => setChoosing(true)}>
        Change
      </button>
    </p>
  );
}
