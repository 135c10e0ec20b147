/** An error that the API told, or that kept us from reaching it, with a sentence for the person. */
export class Problem extends Error {
  constructor(
    sentence: string,
    /** HTTP status, 0 if there was no answer. */
    readonly status: number,
    /** The API's own code, such as "conflict". */
    readonly code = "",
    /** Sentences by field, such as "body.email". */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(sentence);
    this.name = "Problem";
  }
}

const unreachable = "Aibud's server can't be reached. Check your connection.";
const bland = "Something went wrong on the server. Please try again.";

/** Makes a Problem of an answer's body (RFC 9457), whatever it turns out to be. */
export function problemOf(body: unknown, status: number): Problem {
  if (typeof body !== "object" || body === null) return new Problem(bland, status);
  const { detail, title, code, errors } = body as Record<string, unknown>;
  const sentence = [detail, title].find((text) => typeof text === "string" && text !== "");
  return new Problem(
    typeof sentence === "string" ? sentence : bland,
    status,
    typeof code === "string" ? code : "",
    fieldsOf(errors),
  );
}

/** Makes a Problem of whatever was thrown. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(unreachable, 0);
}

/** The sentence to show for whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return asProblem(error).message;
}

function fieldsOf(errors: unknown): Record<string, string> {
  if (!Array.isArray(errors)) return {};
  const fields: Record<string, string> = {};
  for (const item of errors as unknown[]) {
    if (typeof item !== "object" || item === null) continue;
    const { field, location, message } = item as Record<string, unknown>;
    const name = typeof field === "string" ? field : location;
    if (typeof name === "string" && typeof message === "string")
      fields[name.replace(/^body\./, "")] ??= message;
  }
  return fields;
}
