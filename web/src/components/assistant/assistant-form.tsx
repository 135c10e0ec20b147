import { Button, Switch, Textarea } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import type { Assistant } from "@/api/types";
import { ProblemNotice } from "@/components/common/problem-notice";
import { loadDraft, saveDraft } from "@/lib/drafts";
import classes from "./assistant-form.module.css";

interface Props {
  /** Under which name what is typed is kept in this browser until it is saved. */
  draft: string;
  saved: Assistant;
  saving: boolean;
  error: unknown;
  onSave: (next: Assistant) => void;
}

/** The AI's settings. What is typed is kept, also over a reload, until it is saved or discarded. */
export function AssistantForm({ draft, saved, saving, error, onSave }: Props) {
  const [edited, setEdited] = useState<Partial<Assistant>>(() => draftOf(loadDraft(draft)));
  const now = { ...saved, ...edited };
  const dirty =
    now.enabled !== saved.enabled || now.persona !== saved.persona || now.business !== saved.business;
  const edit = (change: Partial<Assistant>) => setEdited((before) => ({ ...before, ...change }));
  const unsaved = dirty ? JSON.stringify(edited) : "";
  useEffect(() => saveDraft(draft, unsaved), [draft, unsaved]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (dirty) onSave(now);
  };
  return (
    <form onSubmit={submit} className={classes.form}>
      <Section>
        <Switch
          size="md"
          checked={now.enabled}
          onChange={(event) => edit({ enabled: event.currentTarget.checked })}
          label="Answer leads"
          description="Off: it answers nobody. Each conversation has a switch of its own as well."
          labelPosition="left"
          classNames={{ body: classes.switch, labelWrapper: classes.switchLabel }}
        />
      </Section>
      <Section>
        <Textarea
          label="Persona"
          description="Who the assistant is and how it talks: its name, its tone, what it never says."
          placeholder="You are Lindiwe, the friendly assistant of Baobab Estates…"
          value={now.persona}
          onChange={(event) => edit({ persona: event.currentTarget.value })}
          maxLength={4000}
          rows={6}
        />
        <Count length={now.persona.length} of={4000} />
      </Section>
      <Section>
        <Textarea
          label="Business description"
          description="What it should know about the agency: areas, what you sell and let, office hours, how viewings work."
          placeholder="We sell and let homes in Rosebank, Parktown North and Melville. Viewings are on weekdays from 9 to 17…"
          value={now.business}
          onChange={(event) => edit({ business: event.currentTarget.value })}
          maxLength={16000}
          rows={11}
        />
        <Count length={now.business.length} of={16000} />
      </Section>
      {error ? <ProblemNotice error={error} /> : null}
      <div className={classes.foot}>
        <span className={classes.state} role="status" data-dirty={dirty || undefined}>
          {saving ? (
            "Saving…"
          ) : dirty ? (
            "Changes not saved yet"
          ) : (
            <>
              <IconCheck size={16} aria-hidden="true" /> All changes saved
            </>
          )}
        </span>
        <Button variant="default" disabled={!dirty || saving} onClick={() => setEdited({})}>
          Discard
        </Button>
        <Button type="submit" disabled={!dirty} loading={saving}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** Reads a kept draft; what is none counts as no edits. */
function draftOf(kept: string): Partial<Assistant> {
  let value: unknown;
  try {
    value = JSON.parse(kept);
  } catch {
    return {};
  }
  if (typeof value !== "object" || value === null) return {};
  const { enabled, persona, business } = value as Record<string, unknown>;
  return {
    ...(typeof enabled === "boolean" && { enabled }),
    ...(typeof persona === "string" && { persona }),
    ...(typeof business === "string" && { business }),
  };
}

function Section({ children }: { children: ReactNode }) {
  return <div className={classes.section}>{children}</div>;
}

function Count({ length, of }: { length: number; of: number }) {
  return (
    <p className={classes.count}>
      {length.toLocaleString("en-GB")} of {of.toLocaleString("en-GB")} characters
    </p>
  );
}
