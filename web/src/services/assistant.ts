import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Assistant } from "@/api/types";
import { keys } from "./keys";

/** The tenant's settings of the AI. */
export const assistantQuery = queryOptions({
  queryKey: keys.assistant,
  queryFn: ({ signal }): Promise<Assistant> => take(api.GET("/v1/assistant", { signal })),
});

export function useSaveAssistant() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ enabled, persona, business }: Assistant) =>
      take(api.PUT("/v1/assistant", { body: { enabled, persona, business } })),
    onSuccess: (saved) => cache.setQueryData(keys.assistant, saved),
  });
}
