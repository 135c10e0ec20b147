import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { AssistantForm } from "@/components/assistant/assistant-form";
import { ModelNotice } from "@/components/assistant/model-notice";
import { Page } from "@/components/common/page";
import { ProblemNotice } from "@/components/common/problem-notice";
import { assistantQuery, useSaveAssistant } from "@/services/assistant";
import { meQuery, statusQuery } from "@/services/session";

/** What the AI is told about the agency, and whether it answers. */
export function AssistantPage() {
  const settings = useQuery(assistantQuery);
  const status = useQuery(statusQuery);
  const me = useQuery(meQuery).data;
  const save = useSaveAssistant();
  return (
    <Page
      title="Assistant"
      lead="It answers leads on all your seats, in their language, until you step in. Tell it who it is and what it should know."
    >
      <Stack gap="lg" maw={760}>
        {status.data && <ModelNotice assistant={status.data.assistant} />}
        {settings.isLoadingError && (
          <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />
        )}
        {settings.isPending && (
          <>
            <Skeleton height={76} radius={18} />
            <Skeleton height={210} radius={18} />
            <Skeleton height={300} radius={18} />
          </>
        )}
        {settings.data && me && (
          <AssistantForm
            draft={`assistant.${me.tenant.id}`}
            saved={settings.data}
            saving={save.isPending}
            error={save.error}
            onSave={(next) => save.mutate(next)}
          />
        )}
      </Stack>
    </Page>
  );
}
