import { Button } from "@mantine/core";
import { sentenceOf } from "@/api/problem";
import type { Message } from "@/api/types";
import { useRequestMessage } from "@/services/conversations";
import classes from "./message-content.module.css";

/** Has the phone asked for a message that could not be decrypted, and says what came of it. */
export function AskAgain({ message }: { message: Message }) {
  const ask = useRequestMessage();
  return (
    <div className={classes.ask}>
      <Button
        size="compact-xs"
        variant="light"
        loading={ask.isPending}
        disabled={ask.isSuccess}
        onClick={() => ask.mutate(message)}
      >
        Ask the phone again
      </Button>
      <span role="status" data-bad={ask.isError || undefined}>
        {ask.isSuccess && "Asked. It comes when the phone is online."}
        {ask.isError && sentenceOf(ask.error)}
      </span>
    </div>
  );
}
