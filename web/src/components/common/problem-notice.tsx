import { Alert, Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { sentenceOf } from "@/api/problem";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** An error as a sentence, with a way to try again. */
export function ProblemNotice({ error, onRetry }: Props) {
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlertTriangle size={18} />} radius="md">
      {sentenceOf(error)}
      {onRetry && (
        <Button mt="sm" size="xs" variant="default" display="block" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
