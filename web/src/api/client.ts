import createClient from "openapi-fetch";
import { asProblem, problemOf } from "./problem";
import type { paths } from "./schema";

/** Calls the API of the server that the page came from. Types come from its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns the body of a successful answer; any other becomes a thrown Problem. */
export async function take<T>(call: Promise<Answer<T>>): Promise<T> {
  const answer = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asProblem(error);
  });
  if (!answer.response.ok) throw problemOf(answer.error, answer.response.status);
  return answer.data as T;
}
