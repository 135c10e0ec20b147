import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "@/services/keys";
import type { LiveEvent } from "./frames";

/** What an event changes in the cache. */
function touched(event: LiveEvent): QueryKey[] {
  switch (event.kind) {
    case "message.created":
    case "message.updated": {
      const { conversation } = event.data;
      return [keys.messages(conversation), keys.conversation(conversation), keys.conversationLists];
    }
    case "conversation.updated":
      return [keys.conversation(event.data.id), keys.conversationLists];
    case "label.updated":
      return [keys.labels(event.data.seat)];
    case "assistant.updated":
      return [keys.assistant];
    default:
      return [keys.seats];
  }
}

/**
 * Asks again for what is being fetched while an event changes it: the answer
 * may have been made before the event, and would undo what the event patched.
 */
export function refetchOvertaken(
  cache: QueryClient,
  event: LiveEvent,
  waiting: WeakSet<Promise<unknown>>,
): void {
  for (const queryKey of touched(event)) {
    for (const query of cache.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" })) {
      const fetching = query.promise;
      if (!fetching || waiting.has(fetching)) continue;
      waiting.add(fetching);
      const again = () => void cache.invalidateQueries({ queryKey: query.queryKey, exact: true });
      fetching.then(again, again);
    }
  }
}
