import { ActionIcon, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "wouter";
import { sentenceOf } from "@/api/problem";
import type { Conversation, Seat } from "@/api/types";
import { Avatar } from "@/components/common/avatar";
import type { AssistantState } from "@/lib/assistant-state";
import { personName, phoneNumber } from "@/lib/format";
import { useSwitchAssistant } from "@/services/conversations";
import classes from "./thread-header.module.css";

interface Props {
  conversation: Conversation;
  seat: Seat | undefined;
  state: AssistantState;
  back: string;
}

/** Who the conversation is with, on which seat, and the switch of the AI. */
export function ThreadHeader({ conversation, seat, state, back }: Props) {
  const { contact } = conversation;
  const details = [
    contact.name ? phoneNumber(contact.phone) || "number hidden by WhatsApp" : "",
    seat?.name,
  ].filter(Boolean);
  return (
    <header className={classes.head}>
      <ActionIcon
        component={Link}
        href={back}
        variant="subtle"
        color="gray"
        size={40}
        className={classes.back}
        aria-label="Back to the conversations"
      >
        <IconArrowLeft size={22} />
      </ActionIcon>
      <Avatar id={contact.phone || contact.id} name={contact.name} size={40} />
      <div className={classes.names}>
        <h2 className={classes.name}>{personName(contact)}</h2>
        <p className={classes.details}>{details.join(" · ")}</p>
      </div>
      <AssistantSwitch conversation={conversation} state={state} />
    </header>
  );
}

function AssistantSwitch({ conversation, state }: { conversation: Conversation; state: AssistantState }) {
  const change = useSwitchAssistant();
  // On means that it answers now: paused or waiting for a person it does not, and switching on lets it go on.
  const answers = state.kind === "on" || state.kind === "writing";
  const on = change.isPending ? change.variables.enabled : answers;
  const flip = (on: boolean) =>
    change.mutate(
      { conversation: conversation.id, enabled: on },
      {
        onError: (error) =>
          notifications.show({ color: "red", title: "Not changed", message: sentenceOf(error) }),
      },
    );
  return (
    <div className={classes.ai}>
      <span className={classes.state} data-kind={state.kind} aria-live="polite">
        {state.kind === "paused" ? "AI paused" : state.label}
      </span>
      <Switch
        checked={on}
        disabled={state.kind === "unavailable"}
        onChange={(event) => flip(event.currentTarget.checked)}
        aria-label="The AI answers in this conversation"
        title={
          state.kind === "unavailable"
            ? "The server has no Gemini key, so the AI is off everywhere."
            : undefined
        }
      />
    </div>
  );
}
