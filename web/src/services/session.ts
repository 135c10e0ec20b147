import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { Me } from "@/api/types";
import { clearDrafts } from "@/lib/drafts";
import { keys } from "./keys";

/** Who is signed in; null if nobody is. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await take(api.GET("/v1/me", { signal }));
    } catch (error) {
      if (asProblem(error).status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** What the server is and offers; public. */
export const statusQuery = queryOptions({
  queryKey: keys.status,
  queryFn: ({ signal }) => take(api.GET("/v1/status", { signal })),
  staleTime: 60_000,
});

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => take(api.POST("/v1/signin", { body })),
    onSuccess: (me) => cache.setQueryData(keys.me, me),
  });
}

export function useSignUp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { agency: string; name: string; email: string; password: string }) =>
      take(api.POST("/v1/signup", { body })),
    onSuccess: (me) => {
      cache.setQueryData(keys.me, me);
      void cache.invalidateQueries({ queryKey: keys.status });
    },
  });
}

/** Ends the session. Loading the page anew forgets everything of it that this browser holds. */
export function useSignOut() {
  return useMutation({
    mutationFn: () => take(api.POST("/v1/signout")),
    onSuccess: () => {
      clearDrafts();
      window.location.assign("/sign-in");
    },
  });
}
