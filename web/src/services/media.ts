import { useMutation } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { problemOf } from "@/api/problem";
import type { Media, Message } from "@/api/types";

/** Gives the server a file that is to be sent. The browser streams it. */
export async function uploadFile(file: File): Promise<Media> {
  const response = await fetch(`/v1/media?filename=${encodeURIComponent(file.name)}`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(body, response.status);
  return body as Media;
}

/** Has a message's file fetched from WhatsApp. What comes of it comes as an event. */
export function useDownload() {
  return useMutation({
    mutationFn: (message: Message) =>
      take(
        api.POST("/v1/conversations/{conversation}/messages/{message}/media/download", {
          params: { path: { conversation: message.conversation, message: message.id } },
        }),
      ),
  });
}
