import { Button, CopyButton, Group, Textarea } from "@mantine/core";
import { useState } from "react";
import type { PasskeyAnswer, PasskeyOptions } from "@/api/types";
import { askBrowser, parseAnswer, snippetFor } from "@/lib/passkey";
import classes from "./link-step.module.css";

interface Props {
  options: PasskeyOptions;
  busy: boolean;
  onAnswer: (answer: PasskeyAnswer) => void;
}

/**
 * Asks for the account's passkey. Browsers give it to WhatsApp's own pages
 * only, unless this page is one of them: then a line of script there asks it,
 * and its answer is pasted here.
 */
export function PasskeyStep({ options, busy, onAnswer }: Props) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const snippet = snippetFor(options);
  const ask = async () => {
    const answer = await askBrowser(options);
    if (answer) return onAnswer(answer);
    setWrong("This browser doesn't give WhatsApp's passkey to this page. Follow the steps below.");
  };
  const submit = () => {
    const answer = parseAnswer(text);
    if (answer) return onAnswer(answer);
    setWrong("That is not a passkey's answer. Copy the whole line that the console printed.");
  };
  return (
    <div className={`${classes.step} ${classes.wide}`}>
      <p className={classes.text}>
        This account is guarded by a passkey. WhatsApp links it only to somebody who has the passkey.
      </p>
      <Button loading={busy} onClick={() => void ask()} data-autofocus>
        Use my passkey
      </Button>
      <p className={classes.text}>
        If the browser refuses: open <b>web.whatsapp.com</b> on the device with the passkey, open the
        browser's console there, run this script, and paste what it prints.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a narrow screen it scrolls, by the keyboard too */}
      <pre className={classes.snippet} tabIndex={0}>
        {snippet}
      </pre>
      <CopyButton value={snippet}>
        {({ copied, copy }) => (
          <Button variant="default" size="xs" onClick={copy}>
            {copied ? "Copied" : "Copy the script"}
          </Button>
        )}
      </CopyButton>
      <Textarea
        label="The passkey's answer"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={wrong || undefined}
        rows={3}
        w="100%"
      />
      <Group justify="flex-end" w="100%">
        <Button variant="light" loading={busy} disabled={!text.trim()} onClick={submit}>
          Send the answer
        </Button>
      </Group>
    </div>
  );
}

/** Has a person compare the code here with the phone's. */
export function ConfirmStep({
  code,
  busy,
  onConfirm,
}: {
  code: string;
  busy: boolean;
  onConfirm: () => void;
}) {
  return (
    <div className={classes.step}>
      <p className={classes.text}>Does the phone show this very code?</p>
      <output className={classes.code} aria-label="Code to compare">
        {code}
      </output>
      <Button loading={busy} onClick={onConfirm} fullWidth data-autofocus>
        The codes are the same
      </Button>
      <p className={classes.text}>If they differ, close this and pair again: somebody may be in between.</p>
    </div>
  );
}
