import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, take } from "@/api/client";
import type { Media } from "@/api/types";
import { keys } from "./keys";

/** Signed addresses of a file and of its small picture, good for a time. */
export interface MediaLink {
  url: string;
  thumbnail: string;
  /** When they end, in milliseconds. */
  until: number;
}

/** For how long links are asked, in seconds. */
const lifetime = 1800;
/** A link that ends within this time is not begun with, in milliseconds. */
const margin = 60_000;
/** A link that fails this soon after it was made fails for another reason, in milliseconds. */
const patience = 5_000;
/** The most that the server takes at once. */
const most = 200;

const isOver = (link: MediaLink | undefined): boolean => !link || link.until - margin < Date.now();

/** The link to one file. Those of all files that a page shows are asked for at once. */
const linkQuery = (id: string) =>
  queryOptions({
    queryKey: keys.mediaLink(id),
    queryFn: () => batch(id),
    staleTime: Number.POSITIVE_INFINITY, // what is on the page goes on with its link
    refetchOnMount: (query) => (isOver(query.state.data) ? "always" : false),
    gcTime: 10 * 60_000,
  });

/**
 * Where a file is for this browser, once that is known. renew asks for another
 * link when this one has ended: it says whether that can help.
 */
export function useMediaLink(media: Media): {
  url?: string;
  thumbnail?: string;
  renew: () => boolean;
  fresh: () => Promise<MediaLink>;
} {
  const id = media.id ?? "";
  const cache = useQueryClient();
  const { data, isFetching } = useQuery({ ...linkQuery(id), enabled: id !== "" });
  const renew = useCallback(() => {
    const state = cache.getQueryState<MediaLink>(keys.mediaLink(id));
    if (!state?.data || Date.now() - state.dataUpdatedAt < patience) return false;
    void cache.refetchQueries({ queryKey: keys.mediaLink(id), exact: true });
    return true;
  }, [cache, id]);
  const fresh = useCallback(async () => {
    const known = cache.getQueryData<MediaLink>(keys.mediaLink(id));
    return known && !isOver(known) ? known : await cache.fetchQuery({ ...linkQuery(id), staleTime: 0 });
  }, [cache, id]);
  if (!data || (isFetching && isOver(data))) return { renew, fresh };
  return {
    url: data.url,
    // The small picture is another one once the file is here.
    thumbnail: `${data.thumbnail}&v=${media.state ?? ""}`,
    renew,
    fresh,
  };
}

interface Wanted {
  id: string;
  resolve: (link: MediaLink) => void;
  reject: (problem: unknown) => void;
}

let wanted: Wanted[] = [];

/** Waits for what else is wanted in this moment, and asks for all of it. */
function batch(id: string): Promise<MediaLink> {
  return new Promise((resolve, reject) => {
    if (wanted.length === 0) setTimeout(askForWanted);
    wanted.push({ id, resolve, reject });
  });
}

function askForWanted(): void {
  const all = wanted;
  wanted = [];
  for (let from = 0; from < all.length; from += most) void ask(all.slice(from, from + most));
}

async function ask(some: Wanted[]): Promise<void> {
  try {
    const { items } = await take(
      api.POST("/v1/media/links", { body: { media: some.map(({ id }) => id), expires_in: lifetime } }),
    );
    const links = new Map(items.map((item) => [item.media, item]));
    for (const { id, resolve, reject } of some) {
      const link = links.get(id);
      if (!link) reject(new Error("The server gave no link to the file."));
      else
        resolve({
          url: local(link.url),
          thumbnail: local(link.thumbnail_url),
          until: Date.parse(link.expires_at),
        });
    }
  } catch (problem) {
    for (const { reject } of some) reject(problem);
  }
}

/** The same place under the name by which this page reached the server: others are not its own. */
function local(url: string): string {
  const { pathname, search } = new URL(url, window.location.origin);
  return pathname + search;
}
