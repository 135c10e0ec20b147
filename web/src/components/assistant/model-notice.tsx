import { Alert } from "@mantine/core";
import { IconKeyOff, IconScript, IconSparkles } from "@tabler/icons-react";
import type { Status } from "@/api/types";

/** Which AI answers on this server, or why none does. */
export function ModelNotice({ assistant }: { assistant: Status["assistant"] }) {
  if (!assistant.configured) {
    return (
      <Alert
        color="yellow"
        radius="md"
        icon={<IconKeyOff size={20} />}
        title="The AI is off: the server has no Gemini key"
      >
        Everything else works. To turn it on, the server's operator sets GEMINI_API_KEY and starts Aibud
        again. What you write here is kept until then.
      </Alert>
    );
  }
  if (assistant.scripted) {
    return (
      <Alert color="blue" radius="md" icon={<IconScript size={20} />} title="Scripted demo AI">
        A small script on this machine answers instead of Gemini. It asks sensible questions, but does not use
        the texts below.
      </Alert>
    );
  }
  return (
    <Alert radius="md" icon={<IconSparkles size={20} />}>
      Answers come from {assistant.model}.
    </Alert>
  );
}
