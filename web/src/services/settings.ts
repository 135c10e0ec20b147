import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { keys } from "./keys";

/** What the agency sets for all of its seats. */
export const settingsQuery = queryOptions({
  queryKey: keys.settings,
  queryFn: ({ signal }) => take(api.GET("/v1/settings", { signal })),
});

/** Says whose numbers may be written without a country code. */
export function useSetRegion() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (region: string) => take(api.PUT("/v1/settings", { body: { region } })),
    onSuccess: (settings) => cache.setQueryData(keys.settings, settings),
  });
}
