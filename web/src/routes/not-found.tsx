import { Button } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconMapSearch } from "@tabler/icons-react";
import { Link } from "wouter";
import { EmptyState } from "@/components/common/empty-state";

/** What is shown for addresses that lead nowhere. */
export function NotFoundPage() {
  useDocumentTitle("Not found · Aibud");
  return (
    <EmptyState
      icon={<IconMapSearch size={30} stroke={1.6} />}
      title="There is no such page"
      action={
        <Button component={Link} href="/conversations">
          To the conversations
        </Button>
      }
    >
      The address may be mistyped, or what was here is gone.
    </EmptyState>
  );
}
