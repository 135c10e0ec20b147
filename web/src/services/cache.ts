import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { keys } from "./keys";

/** The cache of everything that the server told. A session that has ended anywhere ends here. */
export function makeCache(): QueryClient {
  const onError = (error: unknown) => {
    if (asProblem(error).status === 401) cache.setQueryData(keys.me, null);
  };
  const cache: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The server may be on this very machine: whether there is an internet says nothing.
      mutations: { networkMode: "always", retry: false },
      queries: {
        networkMode: "always",
        // Live events keep what is loaded fresh.
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => {
          const { status } = asProblem(error);
          return (status === 0 || status >= 500) && failures < 3;
        },
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4000),
      },
    },
  });
  return cache;
}
